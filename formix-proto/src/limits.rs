//! Every named bound of the protocol (R12), and how the bounds relate.
//!
//! Reaching one is a typed refusal, never an allocation.

use crate::seat::MIN_SEATS;

/// The longest encoded message, in bytes. Checked before a body is read.
pub const MAX_FRAME: usize = 64 << 20;
/// The longest encoded record, in bytes: a seal holds a roster, whom it leaves out, and a partial.
pub const MAX_RECORD: usize = 3 * MAX_FRAME;
/// The most light nodes that a seal leaves out: the other seats must be able to read who they are.
pub const MAX_EXCLUDED: usize = (MAX_FRAME - ENVELOPE) / 32;
/// Frames up to this length share one ordered stream per peer; longer ones get a stream of their own.
pub const SMALL_FRAME: usize = 64 << 10;
/// The longest prompt, in bytes of UTF-8.
pub const MAX_PROMPT: usize = 4 << 10;
/// The longest query, in bytes of UTF-8, with the names of its tables and columns.
pub const MAX_QUERY: usize = 16 << 10;
/// The longest options, groups or columns of a statistic, in bytes of UTF-8, one more for each.
pub const MAX_LABELS: usize = 8 << 10;
/// The most edges of a histogram's buckets that are listed one by one.
pub const MAX_EDGES: usize = 1 << 10;
/// The most columns that a regression explains an answer with: its equations are solved exactly, which
/// takes time with the fifth power of this.
pub const MAX_COLUMNS: usize = 16;
/// The most elements of a regression with all its groups: each group is one more system to solve.
pub const MAX_REGRESSION: usize = 1 << 14;
/// The longest constant that stands in for what an answer lacks, in bytes of UTF-8.
pub const MAX_CONSTANT: usize = 64;
/// The most lanes one answer may have.
pub const MAX_DIMENSION: usize = 1 << 20;
/// The most light nodes in one computation.
pub const MAX_PARTICIPANTS: u32 = 1 << 20;
/// The most decimal places of a declared domain.
pub const MAX_DECIMALS: u8 = 9;
/// The most bytes of the partials of a whole committee: they travel in one message.
pub const MAX_REVEAL: u64 = (MAX_FRAME - ENVELOPE) as u64;
/// The most bytes of shares that a heavy node keeps for one computation.
pub const MAX_POOL: u64 = 1 << 30;
/// The most bytes of shares that a node keeps for all computations that it has not sealed.
pub const MAX_POOLS: u64 = 4 << 30;
/// The most computations a node takes part in at once.
pub const MAX_OPEN: u64 = 1_024;
/// The most bytes of questions and results that a node remembers, of ended computations, too.
pub const MAX_MEMORY: u64 = 1 << 30;
/// What a computation takes of [`MAX_MEMORY`] beside its question and its result, in bytes.
pub const COMPUTATION: u64 = 4 << 10;
/// The most refused proposals that a node answers from memory.
pub const MAX_REFUSED: usize = 4_096;

/// The most light nodes that one announcement is for.
pub const MAX_NAMED: usize = 512;
/// The most messages that wait for the disk; a node whose disk is that slow drops what it sends,
/// and sends it again later.
pub const MAX_HELD: usize = 1 << 18;
/// The bytes of vectors and rosters in those beyond which no more wait: one more may be begun.
pub const MAX_HELD_BYTES: usize = 256 << 20;

/// Room for everything in a message beside its one long list.
pub(crate) const ENVELOPE: usize = 1 << 10;
/// The widest element, in bytes.
const WIDEST: usize = 16;
const _: () = assert!(MAX_DIMENSION * WIDEST + ENVELOPE <= MAX_FRAME, "a share fits in a frame");
const _: () =
    assert!(MAX_PARTICIPANTS as usize * 48 + ENVELOPE <= MAX_FRAME, "a frozen set fits in a frame");
const _: () = assert!(MAX_EXCLUDED * 32 + ENVELOPE <= MAX_FRAME, "a seal fits in a frame");
const _: () = assert!(
    MAX_PARTICIPANTS as usize * 48 + MAX_EXCLUDED * 32 + MAX_DIMENSION * WIDEST + ENVELOPE
        <= MAX_RECORD,
    "a seal fits in a record"
);
const _: () = assert!(MAX_REVEAL as usize + ENVELOPE <= MAX_FRAME, "all partials fit in a frame");
const _: () = assert!(
    MIN_SEATS * MAX_DIMENSION * WIDEST <= MAX_REVEAL as usize,
    "the smallest committee can reveal any vector"
);
// One asker may hold half of each.
const _: () = assert!(MAX_POOL <= MAX_POOLS / 2, "any question can be asked");
const _: () = assert!(MAX_OPEN * COMPUTATION <= MAX_MEMORY / 64, "there is room for ended ones");
const _: () = assert!(
    COMPUTATION + (SMALL_FRAME as u64) + 2 * MAX_REVEAL <= MAX_MEMORY / 2,
    "any result can be remembered"
);
