//! `POST /purge`: what is kept leaves, or is stale from now on.

use eaves_cache::{
    purge::{Purge, Scope},
    tower::CacheLayer,
};
use http::{Response, StatusCode, Uri};
use serde_json::json;

use super::{Body, text, typed};

/// Purges what a query asks for, and answers when the purge would survive a crash of the store.
pub(super) async fn purge(cache: &CacheLayer, query: &str) -> Response<Body> {
    let purge = match parse(query) {
        Ok(purge) => purge,
        Err(problem) => return text(StatusCode::BAD_REQUEST, format!("{problem}\n{USAGE}\n")),
    };
    let receipt = cache.apply(&purge);
    let durable = receipt.durable().await.is_ok();
    let answer = json!({
        "purge": purge.to_string(),
        "epoch": receipt.epoch(),
        "removed": receipt.removed(),
        "wider": receipt.scope() == Scope::Wider,
        "durable": durable,
    });
    typed("application/json", format!("{answer}\n"))
}

const USAGE: &str =
    "one of url=, tag=, prefix=, pattern= or everything, and soft to make it stale instead";

/// Reads one purge out of a query.
fn parse(query: &str) -> Result<Purge, String> {
    let (mut asked, mut soft) = (None, false);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if name == "soft" {
            soft = true;
        } else if asked.replace(target(&name, &value)?).is_some() {
            return Err("this asks for two purges".to_owned());
        }
    }
    let purge = asked.ok_or("this does not say what to purge")?;
    Ok(if soft { purge.soft() } else { purge })
}

fn target(name: &str, value: &str) -> Result<Purge, String> {
    match name {
        "everything" => Ok(Purge::everything()),
        "pattern" => Purge::pattern(value).map_err(|error| error.to_string()),
        "prefix" => Purge::prefix(value).map_err(|error| error.to_string()),
        "tag" if value.is_empty() => Err("a tag has a name".to_owned()),
        "tag" => Ok(Purge::tag(value)),
        "url" => {
            let uri = value.parse::<Uri>();
            let uri = uri.map_err(|error| format!("{value}: {error}"))?;
            Purge::try_from(&uri).map_err(|error| format!("{value}: {error}"))
        }
        _ => Err(format!("there is no {name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_asks_for_one_purge() {
        let cases = [
            ("everything", Some("hard everything")),
            ("tag=news%20front&soft", Some("soft tag news front")),
            (
                "soft=1&prefix=a.example%2Fnews",
                Some("soft prefix a.example/news"),
            ),
            (
                "pattern=*.example/*.png",
                Some("hard pattern *.example/*.png"),
            ),
            (
                "url=http://a.example/x",
                Some("hard url http://a.example/x"),
            ),
            ("", None),
            ("soft", None),
            ("tag=", None),
            ("tag=a&tag=b", None),
            ("url=/x", None),
            ("prefix=", None),
            ("what=ever", None),
        ];
        for (query, expected) in cases {
            let purge = parse(query).ok().map(|purge| purge.to_string());
            assert_eq!(purge.as_deref(), expected, "{query}");
        }
    }
}
