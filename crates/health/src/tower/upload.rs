//! [`Upload`]: a request's body on its way from a client to an origin, and who keeps whom waiting.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, timeout_at};

/// A request's body that is streamed: kept until an origin takes of it, and watched from then on.
///
/// A client that sends slowly, stops, or breaks off in the middle is no origin's fault. This tells them apart: an answer
/// is waited for [`within`](Self::within) a limit that begins anew with each piece of the body.
///
/// ```
/// use std::time::Duration;
/// use eaves_health::tower::{Late, Upload};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(async {
/// let upload = Upload::new("words".to_owned());
/// let body = upload.lend().expect("nobody has taken of it");
/// let answer = async { std::future::pending::<()>().await };
/// assert_eq!(upload.within(Duration::from_secs(1), answer).await, Err(Late::Origin));
/// drop(body);
/// assert!(upload.is_whole()); // another origin may have it
/// # });
/// ```
#[derive(Debug)]
pub struct Upload<B>(Arc<Mutex<State<B>>>);

/// Who let a limit pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Late {
    /// The client sent no more of its request.
    Client,
    /// The origin took no more of the request, or did not answer.
    Origin,
}

/// An [`Upload`]'s body for one attempt.
///
/// ```
/// use eaves_health::tower::Upload;
/// use http_body::Body as _;
///
/// let body = Upload::new("words".to_owned()).lend().expect("nobody has taken of it");
/// assert_eq!(body.size_hint().exact(), Some(5));
/// ```
#[derive(Debug)]
pub struct UploadBody<B> {
    upload: Upload<B>,
    taken: Option<Pin<Box<B>>>,
    /// What the body says of itself before it is taken.
    hint: SizeHint,
    is_empty: bool,
}

#[derive(Debug)]
struct State<B> {
    /// Until somebody takes of it.
    body: Option<Pin<Box<B>>>,
    turn: Turn,
    moved: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Turn {
    Client,
    Origin,
    /// The body ended in an error.
    Broken,
}

impl<B> Clone for Upload<B> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<B> Upload<B> {
    /// Keeps a body.
    pub fn new(body: B) -> Self {
        Self(Arc::new(Mutex::new(State {
            body: Some(Box::pin(body)),
            turn: Turn::Origin,
            moved: Instant::now(),
        })))
    }

    /// Says whether all of the body is still here, so that it may be lent again.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.state().body.is_some()
    }

    /// Says whether the client broke off in the middle of the body.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.state().turn == Turn::Broken
    }

    /// Waits for an answer as long as no `limit` passes from now, or from the last piece of the body, without it.
    ///
    /// # Errors
    ///
    /// Says who was to do something when the limit passed.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops `answer`.
    pub async fn within<F: Future>(&self, limit: Duration, answer: F) -> Result<F::Output, Late> {
        let mut answer = pin!(answer);
        let mut since = Instant::now();
        loop {
            if let Ok(answer) = timeout_at(since + limit, answer.as_mut()).await {
                return Ok(answer);
            }
            let state = self.state();
            if state.moved <= since {
                return Err(match state.turn {
                    Turn::Client => Late::Client,
                    Turn::Origin | Turn::Broken => Late::Origin,
                });
            }
            since = state.moved;
        }
    }

    fn turn(&self, turn: Turn) {
        let mut state = self.state();
        state.turn = turn;
        if turn != Turn::Client {
            state.moved = Instant::now();
        }
    }

    /// Held for a few assignments, never while anything is waited for.
    fn state(&self) -> MutexGuard<'_, State<B>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<B: Body> Upload<B> {
    /// Lends the body for an attempt; nothing if some of it is gone. Of several that hold it, the one that is read
    /// first has it, and the others wait for ever.
    #[must_use]
    pub fn lend(&self) -> Option<UploadBody<B>> {
        let state = self.state();
        let body = state.body.as_ref()?;
        Some(UploadBody {
            hint: body.size_hint(),
            is_empty: body.is_end_stream(),
            taken: None,
            upload: self.clone(),
        })
    }
}

impl<B: Body> Body for UploadBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        if self.taken.is_none() {
            let body = self.upload.state().body.take();
            self.taken = body;
        }
        let Some(body) = &mut self.taken else {
            return Poll::Pending;
        };
        let polled = body.as_mut().poll_frame(cx);
        let turn = match &polled {
            Poll::Pending => Turn::Client,
            Poll::Ready(Some(Err(_))) => Turn::Broken,
            Poll::Ready(_) => Turn::Origin,
        };
        self.upload.turn(turn);
        polled
    }

    fn is_end_stream(&self) -> bool {
        match &self.taken {
            Some(body) => body.is_end_stream(),
            None => self.is_empty,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.taken {
            Some(body) => body.size_hint(),
            None => self.hint,
        }
    }
}
