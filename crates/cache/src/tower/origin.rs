//! [`Origin`]: the inner service by one name, so that its bounds stand once.

use core::{
    future::{Future, poll_fn},
    task::{Context, Poll},
};

use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::{RequestBody, source::BoxError};

/// A service that a cache can stand in front of.
pub(super) trait Origin<B>: Clone + Send + 'static {
    type Body: Body<Data: Send, Error: Into<BoxError>> + Send + 'static;
    type Error: Send;

    /// Sends a request by a service that was ready already.
    fn send(
        &mut self,
        request: Request<RequestBody<B>>,
    ) -> impl Future<Output = Result<Response<Self::Body>, Self::Error>> + Send;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>>;

    /// Waits until the service is ready.
    fn ready(&mut self) -> impl Future<Output = Result<(), Self::Error>> + Send {
        poll_fn(|cx| self.poll_ready(cx))
    }
}

impl<S, B, R> Origin<B> for S
where
    S: Service<Request<RequestBody<B>>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
    B: Send + 'static,
    R: Body + Send + 'static,
    R::Data: Send,
    R::Error: Into<BoxError>,
{
    type Body = R;
    type Error = S::Error;

    fn send(
        &mut self,
        request: Request<RequestBody<B>>,
    ) -> impl Future<Output = Result<Response<R>, S::Error>> + Send {
        self.call(request)
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Service::poll_ready(self, cx)
    }
}
