//! A short name for what a policy means.

use std::num::NonZeroU32;

use crate::policy::Limits;
use crate::verdict::{OnFull, Verdict};
use crate::vocabulary::Vocabulary;

/// The hash of the policy's meaning, written out in one way only.
///
/// Untrapped calls are left out: a call added to the table that a policy does not touch must not make old traces look
/// like those of another policy.
pub(crate) fn digest(
    vocabulary: &Vocabulary,
    verdicts: &[Verdict],
    limits: Limits,
    on_full: OnFull,
) -> String {
    let calls = vocabulary.names().zip(verdicts);
    let trapped = calls.filter(|(_, verdict)| verdict.traps());
    let mut lines: Vec<_> = trapped
        .map(|(name, verdict)| format!("{name} {} {}\n", verdict.action, verdict.record))
        .collect();
    lines.sort_unstable();

    let Limits { workers, inflight } = limits;
    let mut meaning = lines.concat();
    // No limit may be 0, which therefore stands for none given.
    let [workers, inflight] = [workers, inflight].map(|limit| limit.map_or(0, NonZeroU32::get));
    meaning.push_str(&format!("{on_full} {workers} {inflight}\n"));
    format!("{:016x}", fnv1a(meaning.as_bytes()))
}

/// FNV-1a, 64 bits: the same on every machine and in every version, unlike the standard library's hashes.
/// <http://www.isthe.com/chongo/tech/comp/fnv/>
fn fnv1a(bytes: &[u8]) -> u64 {
    const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(PRIME);
    bytes.iter().fold(OFFSET_BASIS, step)
}

#[cfg(test)]
mod tests {
    use super::fnv1a;

    #[test]
    fn fnv1a_gives_the_published_values() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
