//! Situations that a swarm must come across: what never happened has not been tested.

macro_rules! situations {
    ($($name:ident $text:literal,)*) => {
        /// One situation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Situation {
            $(#[doc = $text] $name,)*
        }

        impl Situation {
            /// All of them.
            pub const ALL: &[Situation] = &[$(Self::$name,)*];

            /// What it is, for people.
            pub fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

situations! {
    AskedByHeavy "a heavy node asked a question",
    AskedByLight "a light node asked a question",
    AskedSeats "a proposer asked the other seats",
    PrepareAgain "a prepare was sent again",
    ReadyAgain "a ready was sent again",
    OpenAgain "an open was sent again",
    InviteAgain "a light node was invited again",
    Announced "a committee was announced",
    InviteRequested "a light node requested its invitation",
    TwoOpen "a heavy node collected for two computations at once",
    OutOfDomain "an answer out of the domain was refused",
    Declined "a light node declined",
    OptedOut "a light node opted out, hidden",
    StoodIn "something stood for a value that was missing",
    MiddleRing "an answer was split mod 2^64",
    LargestRing "an answer was split mod 2^128",
    ContributionAgain "a contribution was sent again",
    ReceiptAgain "a receipt was sent again",
    RefusedLate "a contribution was refused as late",
    RefusedConflict "a contribution was refused as a conflict",
    RefusedFull "a contribution was refused as one too many",
    RefusedDimension "a contribution was refused for its dimension",
    SplitTwice "a light node that lost its disk split again",
    AllInAgain "a seat said again that it has heard from everyone",
    AllInAnew "a seat has heard from everyone, and again when others were enrolled",
    EarlyClose "collecting ended before the deadline",
    SeatFirst "a seat stopped collecting before the primary",
    CloseAgain "a close was sent again",
    FrozenAgain "a frozen was sent again",
    FrozenDiffered "two frozen sets differed",
    ListAgain "a list was asked for again",
    Excluded "somebody was left out of a roster",
    SealAgain "a seal was sent again",
    CountsAgain "the counts of a seat were sent again",
    CountedAgain "the counts of all seats were sent again",
    GroupReleased "a group had enough answers to be released",
    GroupSuppressed "a group had too few answers and was suppressed",
    PartialAgain "a later life sent a partial again",
    RevealedAgain "the partials were sent again",
    Aborted "a committee member aborted",
    AbortedByTwo "two committee members aborted the same computation",
    FailedTooFew "a computation failed for want of answers",
    FailedNotReady "a computation failed because a seat was not ready",
    FailedNeverOpened "a computation failed because it was never opened",
    FailedUnreachable "a computation failed because a seat was silent while revealing",
    FailedRefused "a computation failed because a seat refused its terms",
    FailedMismatch "a computation failed because a seat could not reproduce the roster",
    Everybody "everybody was counted",
    JustEnough "no more were counted than had to be",
    OutcomeQueried "a light node asked whether it was counted",
    LearnedNothing "a light node never learned if it was counted",
    LeftOut "a light node learned that it was not counted",
    OutcomeOfSeat "a proposer learned the outcome from another seat than the primary",
    Forgotten "an ended computation was forgotten",
    LostBatch "a crash lost a batch",
    KeptBatch "a crash kept a batch that was not acknowledged",
    SplitTail "a crash kept one batch and lost the next",
    GroupCommit "one write made several batches durable",
    CrashInRecovery "a node stopped while it recovered",
    CrashPreparing "a heavy node stopped while preparing",
    CrashCollecting "a heavy node stopped while collecting",
    CrashFrozen "a heavy node stopped between freeze and seal",
    CrashSealed "a heavy node stopped between seal and partial",
    CrashCounted "a heavy node stopped between count and partial",
    CrashAfterPartial "a heavy node stopped after its partial, before the end",
    CrashAsking "a proposer stopped before it knew the outcome",
    FifthLife "a node was started for the fifth time",
    LightBack "a light node was back after its first share",
    WaitsForDead "a node named the dead one that it waits for",
    OpenAtHeal "a computation was open when the faults ended",
    NoStanding "a node was told what its sender has no standing to say",
    Malformed "a node was sent bytes that are no message",
    Contradiction "a node was told two things that cannot both be",
    SecondRoster "a seat was told to seal two different rosters",
    LyingHeavy "a heavy node of an adversary's sat on the committee",
    LyingLight "a light node of an adversary's contributed",
}
