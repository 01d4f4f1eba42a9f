//! [`Offenders`]: the heaviest addresses as prefixes, for whatever drops packets.

use std::{cmp::Reverse, collections::BTreeMap, fmt};

use eaves_common::units::IpPrefix;

use super::Heavy;

/// Address blocks that sent at least so much, as few as cover them.
///
/// Blocks inside others and pairs that make up a larger block are joined; that names no address
/// which was not in the list. Prints one block per line, the heaviest first, as sets of packet
/// filters take them.
///
/// ```
/// use std::net::IpAddr;
/// use eaves_ratelimit::heavy::{Heavy, Offenders};
///
/// let heavy = |text: &str, count| Heavy { key: text.parse::<IpAddr>().unwrap(), count };
/// let list = [heavy("192.0.2.8", 70), heavy("192.0.2.9", 60), heavy("2001:db8::1", 50), heavy("192.0.2.1", 3)];
/// assert_eq!(Offenders::new(list, 50).to_string(), "192.0.2.8/31\n2001:db8::1/128\n");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offenders(Vec<Offender>);

impl Offenders {
    /// Takes the addresses or prefixes with a count of at least `threshold`.
    pub fn new<K: Into<IpPrefix>>(
        list: impl IntoIterator<Item = Heavy<K>>,
        threshold: u64,
    ) -> Self {
        let heavy = list.into_iter().filter(|heavy| heavy.count >= threshold);
        Self(joined(
            heavy
                .map(|heavy| Offender {
                    prefix: heavy.key.into(),
                    count: heavy.count,
                    keys: 1,
                })
                .collect(),
        ))
    }

    /// Names the whole of each wide block in which enough keys offend.
    ///
    /// That includes addresses of the block which did nothing: the price of keeping up with
    /// somebody who moves about in it.
    #[must_use]
    pub fn widened(self, widen: Widen) -> Self {
        let mut keys = BTreeMap::<IpPrefix, usize>::new();
        for offender in &self.0 {
            if let Some(block) = widen.block(offender.prefix) {
                *keys.entry(block).or_default() += offender.keys;
            }
        }
        let widened = self.0.into_iter().map(|offender| {
            let block = widen.block(offender.prefix);
            let crowded = block.filter(|block| keys[block] >= widen.keys);
            Offender {
                prefix: crowded.unwrap_or(offender.prefix),
                ..offender
            }
        });
        Self(joined(widened.collect()))
    }

    /// Goes over the blocks, the heaviest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Offender> {
        self.0.iter()
    }

    /// Returns how many blocks there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Says whether nobody offends.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Offenders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|offender| writeln!(f, "{}", offender.prefix))
    }
}

/// A block of addresses that sends too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offender {
    /// The block.
    pub prefix: IpPrefix,
    /// How much its keys sent at least.
    pub count: u64,
    /// How many keys of the list it stands for.
    pub keys: usize,
}

/// When to name a whole block: how wide, and how many of its keys must offend.
///
/// ```
/// use std::net::IpAddr;
/// use eaves_ratelimit::heavy::{Heavy, Offenders, Widen};
///
/// let list = (0..9).map(|n| Heavy { key: IpAddr::from([192, 0, 2, 10 * n]), count: 100 });
/// let blocks = Offenders::new(list, 50).widened(Widen::default());
/// assert_eq!(blocks.to_string(), "192.0.2.0/24\n");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Widen {
    /// Length of an IPv4 block.
    pub v4_len: u8,
    /// Length of an IPv6 block.
    pub v6_len: u8,
    /// How many keys must offend in it.
    pub keys: usize,
}

impl Widen {
    /// Returns the wide block around a prefix that is not as wide itself.
    fn block(&self, prefix: IpPrefix) -> Option<IpPrefix> {
        let block = IpPrefix::aggregate(prefix.network(), self.v4_len, self.v6_len);
        (block.prefix_len() < prefix.prefix_len()).then_some(block)
    }
}

impl Default for Widen {
    /// A /24 or a /48 with eight offenders.
    fn default() -> Self {
        Self {
            v4_len: 24,
            v6_len: 48,
            keys: 8,
        }
    }
}

/// Joins blocks without covering more, and puts the heaviest first.
fn joined(mut list: Vec<Offender>) -> Vec<Offender> {
    // A block stands before those inside it, and beside its sibling when that is joined.
    list.sort_by_key(|offender| (offender.prefix.network(), offender.prefix.prefix_len()));
    let mut done: Vec<Offender> = Vec::with_capacity(list.len());
    for mut next in list {
        while let Some(last) = done.last() {
            let Some(prefix) = union(last.prefix, next.prefix) else {
                break;
            };
            next = Offender {
                prefix,
                count: last.count.saturating_add(next.count),
                keys: last.keys + next.keys,
            };
            done.pop();
        }
        done.push(next);
    }
    done.sort_by_key(|offender| (Reverse(offender.count), offender.prefix));
    done
}

/// Returns the block that two make up: the one that holds the other, or the parent of both halves.
fn union(one: IpPrefix, other: IpPrefix) -> Option<IpPrefix> {
    let len = one.prefix_len();
    if len <= other.prefix_len() && one.contains(other.network()) {
        return Some(one);
    }
    if len != other.prefix_len() || one.network().is_ipv4() != other.network().is_ipv4() {
        return None;
    }
    let parent = IpPrefix::of(one.network(), len.checked_sub(1)?).ok()?;
    parent.contains(other.network()).then_some(parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offenders(list: &[&str]) -> Offenders {
        let heavy = |text: &&str| Heavy {
            key: text.parse::<IpPrefix>().unwrap(),
            count: 10,
        };
        Offenders::new(list.iter().map(heavy), 1)
    }

    #[test]
    fn joining_covers_what_was_listed_and_no_more() {
        for (list, printed) in [
            (
                vec!["10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3"],
                "10.0.0.0/30\n",
            ),
            (vec!["10.0.0.1", "10.0.0.2"], "10.0.0.1/32\n10.0.0.2/32\n"),
            (
                vec!["10.0.0.0/8", "10.3.0.0/16", "10.255.0.0"],
                "10.0.0.0/8\n",
            ),
            (vec!["0.0.0.0/1", "128.0.0.0/1"], "0.0.0.0/0\n"),
            (
                vec!["2001:db8::/64", "2001:db8:0:1::/64"],
                "2001:db8::/63\n",
            ),
            (
                vec!["255.255.255.255", "::"],
                "255.255.255.255/32\n::/128\n",
            ),
            (vec![], ""),
        ] {
            assert_eq!(offenders(&list).to_string(), printed, "{list:?}");
        }
    }

    #[test]
    fn counts_and_keys_add_up() {
        let joined = offenders(&["10.0.0.0", "10.0.0.1", "10.0.0.4"]);
        let facts = joined
            .iter()
            .map(|o| (o.prefix.prefix_len(), o.count, o.keys));
        assert_eq!(facts.collect::<Vec<_>>(), [(31, 20, 2), (32, 10, 1)]);
    }

    #[test]
    fn a_block_is_widened_only_if_enough_keys_offend() {
        let widen = Widen {
            keys: 3,
            ..Widen::default()
        };
        let few = offenders(&["10.0.0.1", "10.0.0.9"]);
        assert_eq!(few.clone().widened(widen), few);
        let many = offenders(&["10.0.0.1", "10.0.0.9", "10.0.0.77", "10.0.1.1", "9.0.0.0/8"]);
        let printed = "10.0.0.0/24\n9.0.0.0/8\n10.0.1.1/32\n";
        assert_eq!(many.widened(widen).to_string(), printed);
    }
}
