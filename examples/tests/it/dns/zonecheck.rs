//! `zonecheck` beside BIND's `named-checkzone`: the same zones load, or the difference has a reason.

use std::{path::Path, process::Command};

use super::{
    servers::installed,
    zones::{AGREED, GOOD},
};
use crate::program::run;

/// Who takes a zone that the other refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    ByBind,
    ByUs,
}

/// Zones on which the two differ, and why. `docs/guide/dns.md` tells it at length.
const DIFFERENT: &[(Taken, &str, &str)] = &[
    // BIND sets TTLs of 2^31 and more to 0, which is for messages (RFC 2181 section 8).
    (
        Taken::ByBind,
        "+a 4294967295 A 192.0.2.1\n",
        "a.example.: not a TTL",
    ),
    (
        Taken::ByBind,
        "+a 2147483648 A 192.0.2.1\n",
        "a.example.: not a TTL",
    ),
    // BIND only warns when the servers of a delegation, rather than of the zone, are no hosts.
    (
        Taken::ByBind,
        "+sub NS nobody\n",
        "name server nobody.example. has no address in the zone",
    ),
    (
        Taken::ByBind,
        "+sub NS c\nc CNAME ns\n",
        "name server c.example. is a CNAME",
    ),
    // Names are no strings, for dnspython neither.
    (
        Taken::ByBind,
        "+\"a\" A 192.0.2.1\n",
        "quoted, which only strings are",
    ),
    // A URI's target must not be empty (RFC 7553 section 4.4).
    (
        Taken::ByBind,
        "+a URI 1 1 \"\"\n",
        "a.example. URI: must not be empty",
    ),
    // Obsolete is not malformed.
    (Taken::ByUs, "+a MD b\n", ""),
    // NSEC3 owners are checked when the zone is signed.
    (
        Taken::ByUs,
        "+a NSEC3 1 0 0 - 2vptu5timamqttgl4luu9kg21e0aor3s A\n",
        "",
    ),
    // Discouraged, not forbidden (RFC 4592 section 4.2).
    (Taken::ByUs, "+*.w NS ns\n", ""),
    // Strings hold any octet (RFC 1035 section 3.3).
    (Taken::ByUs, "+a TXT a\0b\n", ""),
];

/// A directory with a zone in the file `zone`, and a file to include.
struct Place(tempfile::TempDir);

impl Place {
    fn with(zone: &str) -> Self {
        let place = Self(tempfile::tempdir().expect("a directory"));
        let included = place.path().join("inc");
        std::fs::write(included, "i A 192.0.2.7\n").expect("it is written");
        let zone = match zone.strip_prefix('+') {
            Some(more) => format!("{GOOD}{more}"),
            None => zone.to_owned(),
        };
        std::fs::write(place.path().join("zone"), zone).expect("the zone is written");
        place
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// The zone in a file, in canonical order.
    fn dump(&self, file: &str) -> String {
        let file = self.path().join(file);
        let file = file.to_str().expect("a path in UTF-8");
        let dumped = run("zonecheck", &[file, "--origin", "example.", "--dump"]);
        String::from_utf8(dumped.stdout).expect("text")
    }
}

/// Checks a zone with both; returns who takes it, and what we say.
fn judge(bind: &Path, zone: &str) -> ((bool, bool), String) {
    let place = Place::with(zone);
    let theirs = Command::new(bind)
        .args(["-i", "local", "example.", "zone"])
        .current_dir(place.path())
        .output()
        .expect("named-checkzone runs");
    let file = place.path().join("zone");
    let file = file.to_str().expect("a path in UTF-8");
    let ours = run("zonecheck", &[file, "--origin", "example."]);
    let said = String::from_utf8_lossy(&ours.stdout).into_owned();
    let ours = match ours.status.code() {
        Some(0) => true,
        Some(1) => false,
        code => panic!("{code:?}: {said}"),
    };
    ((theirs.status.success(), ours), said)
}

#[test]
fn both_take_and_refuse_the_same_zones() {
    let Some(bind) = installed("named-checkzone") else {
        return;
    };
    for (case, zone) in AGREED {
        let ((theirs, ours), said) = judge(&bind, zone);
        assert_eq!(theirs, ours, "{case}: {said}");
    }
}

/// What BIND loaded, it writes; both texts must be the same zone.
#[test]
fn both_read_the_same_records() {
    let Some(bind) = installed("named-compilezone") else {
        return;
    };
    let mut compared = 0;
    for (case, zone) in AGREED {
        let place = Place::with(zone);
        let theirs = Command::new(&bind)
            .args([
                "-i", "local", "-s", "full", "-o", "theirs", "example.", "zone",
            ])
            .current_dir(place.path())
            .output()
            .expect("named-compilezone runs");
        if !theirs.status.success() {
            continue;
        }
        let [ours, theirs] = ["zone", "theirs"].map(|file| place.dump(file));
        assert_eq!(ours, theirs, "{case}");
        compared += 1;
    }
    assert!(compared > 50, "{compared} zones were compared");
}

#[test]
fn differences_have_a_reason() {
    let Some(bind) = installed("named-checkzone") else {
        return;
    };
    for (taken, zone, reason) in DIFFERENT {
        let (verdicts, said) = judge(&bind, zone);
        let expected = match taken {
            Taken::ByBind => (true, false),
            Taken::ByUs => (false, true),
        };
        assert_eq!(verdicts, expected, "{zone}: {said}");
        assert!(said.contains(reason), "{zone}: {said}");
    }
}
