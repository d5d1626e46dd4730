//! More scrapes at once than are served.

use std::sync::Arc;

use http::{Request, StatusCode};
use jiff::Timestamp;
use tokio::sync::{Semaphore, SetOnce};
use tower::ServiceExt as _;
use wolkvox_exporter::board::Board;
use wolkvox_exporter::clock::Clock;
use wolkvox_exporter::process::Process;
use wolkvox_exporter::web::{self, Living, Site};

async fn status(site: &Arc<Site>, path: &str) -> StatusCode {
    let request = Request::get(path).body(axum::body::Body::empty()).unwrap();
    web::router(Arc::clone(site)).oneshot(request).await.unwrap().status()
}

/// A site of no operations, which serves two scrapes at once.
fn site() -> Arc<Site> {
    Arc::new(Site {
        board: Arc::new(Board::default()),
        watches: SetOnce::new(),
        living: Living::new(Process::new(Timestamp::UNIX_EPOCH).unwrap()),
        clock: Clock::starting_at(Timestamp::UNIX_EPOCH),
        telemetry_path: "/metrics".to_owned(),
        scrapes: Semaphore::new(2),
    })
}

#[tokio::test]
async fn until_pollers_have_begun_only_life_is_told() {
    let site = site();
    assert_eq!(status(&site, "/-/healthy").await, StatusCode::OK);
    assert_eq!(status(&site, "/-/ready").await, StatusCode::SERVICE_UNAVAILABLE);
    for path in ["/metrics", "/api/v1/status", "/"] {
        let mut asking = std::pin::pin!(status(&site, path));
        assert!(futures_util::poll!(asking.as_mut()).is_pending(), "{path}");
    }
    site.watches.set(Vec::new()).unwrap();
    for path in ["/-/healthy", "/-/ready", "/metrics", "/api/v1/status", "/"] {
        assert_eq!(status(&site, path).await, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn the_scrape_too_many_is_turned_away_and_the_next_one_is_not() {
    let site = site();
    site.watches.set(Vec::new()).unwrap();
    let another = [site.scrapes.acquire().await.unwrap(), site.scrapes.acquire().await.unwrap()];
    assert_eq!(status(&site, "/metrics").await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(status(&site, "/-/healthy").await, StatusCode::OK);
    drop(another);
    for _ in 0..5 {
        assert_eq!(status(&site, "/metrics").await, StatusCode::OK);
    }
}
