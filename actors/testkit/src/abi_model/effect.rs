//! What a call comes to: how it ends, what it writes, and what it leaves behind.

use super::spelling::Account;

/// A node that is known: its payload, and how long its whole block is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownNode {
    /// The payload.
    pub payload: Vec<u8>,
    /// Bytes of the block.
    pub block_bytes: usize,
}

/// A trap that a call asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trap {
    /// The fuel does not cover the call.
    OutOfFuel,
    /// A range is not wholly inside the memory.
    MemoryFault {
        /// The argument.
        argument: &'static str,
        /// Where it begins.
        pointer: u64,
        /// Its bytes.
        length: u64,
        /// Bytes of the memory.
        memory: u64,
    },
    /// The guest's own word.
    Aborted(String),
}

/// Whose units a transfer takes, or who gets them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Party {
    /// An account.
    Account(Account),
    /// Where units come from and go to when they are made and unmade.
    Issuance,
}

/// One thing that is done with units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// Units go from one to another.
    Transfer {
        /// From whom.
        from: Party,
        /// To whom.
        to: Party,
        /// The unit.
        unit: Vec<u8>,
        /// So many units.
        amount: u64,
    },
    /// Units are set aside.
    Hold {
        /// The hold's name.
        id: [u8; 16],
        /// Whose they are.
        from: Account,
        /// Whom they may be paid to.
        to: Account,
        /// The unit.
        unit: Vec<u8>,
        /// So many units.
        amount: u64,
    },
    /// So much of what is held is paid, and the rest goes back.
    Settle {
        /// Which hold.
        id: [u8; 16],
        /// So many units.
        amount: u64,
    },
    /// What is held goes back.
    Void {
        /// Which hold.
        id: [u8; 16],
    },
}

/// What a call leaves behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Nothing,
    /// The invocation's output.
    Output(Vec<u8>),
    /// A line of the log.
    Line(u8, Vec<u8>),
    /// A value, or its end.
    Value(Vec<u8>, Option<Vec<u8>>),
    /// A node, by the bytes of its CID.
    Node(Vec<u8>, KnownNode),
    /// An anchor: a CID's bytes and a topic.
    Anchor(Vec<u8>, Vec<u8>),
    /// Something done with units.
    Moved(Move),
    /// So many blocks of random bytes given.
    Random(u64),
    /// So many bytes that leave the scope.
    Network(u64),
}

/// How a call ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// With a number for the guest: a code, when it is below zero.
    Answer(i64),
    /// The run is over.
    Trap(Trap),
}

/// What a call comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// Fuel that it charged; of a call that runs out of it, what was charged before.
    pub fuel: u64,
    /// How it ends.
    pub end: End,
    /// What it wrote into the guest's memory, and where.
    pub written: Option<(usize, Vec<u8>)>,
    /// What it leaves behind.
    pub effect: Effect,
}
