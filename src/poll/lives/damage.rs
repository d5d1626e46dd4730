//! Files of state that are damaged, foreign, or cannot be written.

use std::fs;

use super::*;

const INBOUND: &str = "wolkvox_skill_inbound_calls_total";

async fn with_a_state() -> Scene {
    let mut scene = Scene::at("2026-03-02T14:00:00Z", "skills", MINUTE);
    scene.tells(skill(100));
    scene.live().await;
    scene.die();
    assert!(scene.state().is_file());
    scene
}

#[tokio::test(start_paused = true)]
async fn a_state_that_is_damaged_or_foreign_is_set_aside_and_stops_nothing() {
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 7] = [
        ("cut off", |file| fs::write(file, &fs::read(file).unwrap()[..60]).unwrap()),
        ("changed", |file| {
            let mut bytes = fs::read(file).unwrap();
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            fs::write(file, bytes).unwrap();
        }),
        ("empty", |file| fs::write(file, "").unwrap()),
        ("another program's", |file| fs::write(file, "{\"skills\": 3}").unwrap()),
        ("of another version", |file| {
            let mut bytes = fs::read(file).unwrap();
            let version = "wolkvox-exporter state ".len();
            bytes[version] = b'9';
            fs::write(file, bytes).unwrap();
        }),
        ("of another report", |file| {
            let bytes = fs::read(file).unwrap();
            let name = bytes.windows(6).position(|word| word == b"skills").unwrap();
            fs::write(file, [&bytes[..name], b"agents", &bytes[name + 6..]].concat()).unwrap();
        }),
        ("a folder", |file| {
            fs::remove_file(file).unwrap();
            fs::create_dir(file).unwrap();
            fs::write(file.join("something"), "else").unwrap();
        }),
    ];
    for (what, damage) in damages {
        let mut scene = with_a_state().await;
        damage(&scene.state());
        scene.tells(skill(40));
        scene.live().await;
        scene.pass(MINUTE).await;
        assert_eq!(scene.value(INBOUND, "skill_id=\"7\""), Some(40.0), "{what}: its marks are not known");
        assert!(scene.state().with_added_extension("damaged").exists(), "{what}: it is set aside");
        assert!(scene.state().is_file(), "{what}: there is a new one");
    }
}

#[tokio::test(start_paused = true)]
async fn damaged_spendings_are_set_aside_too() {
    let mut scene = with_a_state().await;
    let spendings = scene.storage_path().join("acme.spendings");
    fs::write(&spendings, "nonsense").unwrap();
    scene.tells(skill(90));
    scene.live().await;
    assert_eq!(scene.value(INBOUND, "skill_id=\"7\""), Some(100.0), "the report's own state is whole");
    assert!(spendings.with_added_extension("damaged").exists() && spendings.is_file());
}

#[tokio::test(start_paused = true)]
async fn where_nothing_can_be_written_polling_goes_on_and_what_was_there_stays() {
    let mut scene = with_a_state().await;
    let before = fs::read(scene.state()).unwrap();
    // As on a full disk: no new file can be begun, and what is in its place cannot be set aside.
    let new = scene.state().with_added_extension("new");
    fs::create_dir(&new).unwrap();
    for aside in ["damaged", "damaged-2", "damaged-3", "damaged-4"] {
        fs::create_dir_all(new.with_added_extension(aside).join("with something")).unwrap();
    }
    scene.live().await;
    for told in [101, 102, 103] {
        scene.tells(skill(told));
        scene.pass(MINUTE).await;
        assert_eq!(scene.value(INBOUND, "skill_id=\"7\""), Some(f64::from(told)));
    }
    assert_eq!(fs::read(scene.state()).unwrap(), before);
    fs::remove_dir(&new).unwrap();
    scene.tells(skill(104));
    scene.pass(MINUTE).await;
    assert_ne!(fs::read(scene.state()).unwrap(), before, "and is replaced as soon as that can be");
    scene.tells(skill(103));
    scene.live_again().await;
    scene.pass(MINUTE).await;
    assert_eq!(scene.value(INBOUND, "skill_id=\"7\""), Some(104.0));
}
