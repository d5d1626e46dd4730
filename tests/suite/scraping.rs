//! More scrapes at once than are served.

use std::sync::Arc;

use http::{Request, StatusCode};
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tower::ServiceExt as _;
use wolkvox_exporter::board::Board;
use wolkvox_exporter::clock::Clock;
use wolkvox_exporter::process::Process;
use wolkvox_exporter::web::{self, Living, Site};

async fn status(site: &Arc<Site>, path: &str) -> StatusCode {
    let request = Request::get(path).body(axum::body::Body::empty()).unwrap();
    web::router(Arc::clone(site)).oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn the_scrape_too_many_is_turned_away_and_the_next_one_is_not() {
    let site = Arc::new(Site {
        board: Arc::new(Board::default()),
        watches: Vec::new(),
        living: Living::new(Process::new(Timestamp::UNIX_EPOCH).unwrap()),
        clock: Clock::starting_at(Timestamp::UNIX_EPOCH),
        telemetry_path: "/metrics".to_owned(),
        scrapes: Semaphore::new(2),
    });
    let another = [site.scrapes.acquire().await.unwrap(), site.scrapes.acquire().await.unwrap()];
    assert_eq!(status(&site, "/metrics").await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(status(&site, "/-/healthy").await, StatusCode::OK);
    drop(another);
    for _ in 0..5 {
        assert_eq!(status(&site, "/metrics").await, StatusCode::OK);
    }
}
