//! compose.yaml read as what it promises: pinned images, ports of this machine alone, nothing that is not there.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::prometheus::tool;
use crate::rules::{list, read, said, text, yaml};
use crate::running::Folder;
use crate::schema;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn services() -> Vec<(String, Value)> {
    let compose = yaml("compose.yaml");
    compose["services"].as_object().unwrap().iter().map(|(name, service)| (name.clone(), service.clone())).collect()
}

/// Where a service finds a file or folder of the project: its path here, and there.
fn mounts(service: &Value) -> Vec<(String, String)> {
    let mounted = list(&service["volumes"]).iter().map(text).filter(|mount| mount.starts_with("./"));
    mounted
        .map(|mount| {
            let parts: Vec<_> = mount.split(':').collect();
            assert_eq!(parts.get(2), Some(&"ro"), "{mount} can be written to");
            (parts[0].trim_start_matches("./").to_owned(), parts[1].to_owned())
        })
        .collect()
}

/// What the Compose Specification's own schema says of a file.
fn faults(compose: &Value) -> Vec<String> {
    schema::faults(&serde_json::from_str(&read("tests/schemas/compose-spec.json")).unwrap(), compose)
}

#[test]
fn compose_files_are_as_their_schema_asks() {
    for file in ["compose.yaml", "deploy/compose/operation.yaml"] {
        assert_eq!(faults(&yaml(file)), Vec::<String>::new(), "{file}");
    }
    for (place, key, value) in [
        ("/services/exporter", "imagee", serde_json::json!("one")),
        ("/services/exporter", "read_only", serde_json::json!(["yes"])),
        ("/services/prometheus", "ports", serde_json::json!("9090")),
        ("/services/grafana/healthcheck", "every", serde_json::json!("30s")),
        ("/services/grafana/depends_on/prometheus", "condition", serde_json::json!("service_happy")),
        ("/services/alertmanager", "cap_drop", serde_json::json!(["ALL", "ALL"])),
        ("", "service", serde_json::json!({})),
    ] {
        let mut compose = yaml("compose.yaml");
        compose.pointer_mut(place).unwrap()[key] = value;
        let faults = faults(&compose);
        assert!(faults.iter().any(|fault| fault.starts_with(&format!("{place}/{key}"))), "{place}/{key}: {faults:?}");
    }
}

#[test]
fn nothing_is_open_to_others_and_nothing_runs_as_root() {
    let services = services();
    let names: Vec<_> = services.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["exporter", "prometheus", "alertmanager", "grafana"]);
    for (name, service) in &services {
        let ports = list(&service["ports"]);
        assert!(!ports.is_empty(), "{name} cannot be looked at");
        for port in ports {
            assert!(text(port).starts_with("127.0.0.1:"), "{name}: {port}");
        }
        let user = text(&service["user"]).split(':').next().unwrap();
        assert!(user.parse::<u32>().unwrap() > 0, "{name} runs as root");
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(service["cap_drop"], serde_json::json!(["ALL"]), "{name}");
        assert!(!list(&service["healthcheck"]["test"]).is_empty(), "{name} has no health check");
        assert_eq!(list(&service["healthcheck"]["test"])[0], "CMD", "{name}");
    }
}

#[test]
fn images_are_pinned() {
    for (name, service) in services() {
        let (_, tag) = text(&service["image"]).rsplit_once(':').expect("an image has a tag");
        if name == "exporter" {
            assert!(root().join("Dockerfile").exists() && service["build"]["context"] == ".");
            continue;
        }
        let numbers: Vec<_> = tag.trim_start_matches('v').split('.').map(str::parse::<u32>).collect();
        assert!(numbers.len() == 3 && numbers.iter().all(Result::is_ok), "{name}: {tag} is not pinned");
    }
}

#[test]
fn what_is_mounted_exists() {
    let compose = yaml("compose.yaml");
    for (name, service) in services() {
        for (here, _) in mounts(&service) {
            assert!(root().join(&here).exists(), "{name} mounts {here}, which is not there");
        }
        for volume in list(&service["volumes"]).iter().map(text).filter(|mount| !mount.starts_with("./")) {
            let volume = volume.split(':').next().unwrap();
            assert!(compose["volumes"].as_object().unwrap().contains_key(volume), "{name}: no volume {volume}");
        }
    }
    let operation = yaml("deploy/compose/operation.yaml");
    for service in operation["services"].as_object().unwrap().keys() {
        assert!(services().iter().any(|(name, _)| name == service), "there is no {service} to change");
    }
}

#[test]
fn prometheus_finds_its_rules_and_its_neighbours() {
    let services = services();
    let (_, prometheus) = services.iter().find(|(name, _)| name == "prometheus").unwrap();
    // The file as Prometheus sees it, with the paths of this machine.
    let mut config = read("deploy/compose/prometheus.yml");
    for (here, there) in mounts(prometheus) {
        config = config.replace(&format!("{there}/"), &format!("{}/", root().join(here).display()));
    }
    let folder = Folder::new();
    let file = folder.write("prometheus.yml", &config);
    let (is_content, told) = said(tool("promtool", &["check", "config", file.to_str().unwrap()]));
    assert!(is_content, "{told}");
    assert!(told.matches("rules found").count() == 3 || told.contains("3 rule files found"), "{told}");

    let datasources = yaml("dashboards/provisioning/datasources.yaml");
    let url = text(&list(&datasources["datasources"])[0]["url"]).trim_start_matches("http://").to_owned();
    let targets = read("deploy/compose/prometheus.yml");
    let targets = targets.lines().filter_map(|line| line.trim().strip_prefix("- targets: [\"")?.strip_suffix("\"]"));
    for target in targets.map(str::to_owned).chain([url]) {
        let (host, port) = target.split_once(':').unwrap();
        let (_, service) = services.iter().find(|(name, _)| name == host).unwrap_or_else(|| panic!("no {host}"));
        let is_there = list(&service["ports"]).iter().any(|one| text(one).ends_with(&format!(":{port}")));
        assert!(is_there, "{host} does not listen on {port}");
    }
}

#[test]
fn grafana_finds_what_it_is_to_show() {
    let services = services();
    let (_, grafana) = services.iter().find(|(name, _)| name == "grafana").unwrap();
    let providers = yaml("dashboards/provisioning/dashboards.yaml");
    let path = text(&list(&providers["providers"])[0]["options"]["path"]);
    let mounts = mounts(grafana);
    // Grafana looks into every folder below; what is no dashboard there it complains about, and what looks like one it shows.
    let mut shown: Vec<_> = mounts.iter().filter(|(_, there)| there.starts_with(path)).cloned().collect();
    shown.sort();
    let mut made: Vec<_> = workshop::boards::texts()
        .into_iter()
        .map(|(name, _)| (format!("dashboards/{name}.json"), format!("{path}/{name}.json")))
        .collect();
    made.sort();
    assert_eq!(shown, made);
    for entry in fs::read_dir(root().join("dashboards/provisioning")).unwrap() {
        let name = format!("dashboards/provisioning/{}", entry.unwrap().file_name().to_str().unwrap());
        assert!(mounts.iter().any(|(here, _)| *here == name), "{name} is not mounted");
    }
}

#[test]
fn the_readme_tells_the_four_addresses() {
    let readme = read("README.md");
    for (name, service) in services() {
        let port = text(&list(&service["ports"])[0]).split(':').nth(1).unwrap();
        assert!(readme.contains(&format!("http://localhost:{port}")), "README.md does not say where {name} is");
    }
}
