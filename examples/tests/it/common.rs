//! The programs that show `eaves-common`, as their users start them.

use crate::program::run;

#[test]
fn a_faulty_configuration_is_shown_with_carets_and_fails() {
    let output = run("common-config", &[]);
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert_eq!(printed.matches("error: ").count(), 4, "{printed}");
    assert!(
        printed.contains("timeuot: unknown key, did you mean `timeout`?"),
        "{printed}"
    );
    assert!(printed.contains("^^^"), "{printed}");
}

#[test]
fn a_rollout_ends_where_it_began() {
    let output = run("common-live", &[]);
    assert!(output.status.success());
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.contains("3 reverted to 1"), "{printed}");
}
