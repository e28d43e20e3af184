//! The weight of a function, by its parts, and the advice that it gives an author.

/// A weight, by its parts. They add up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Weight {
    /// The operators, each by its class.
    pub operators: u64,
    /// Where branches meet: for each branch, the values that differ from branch to branch. These are the locals set
    /// inside the block or loop to which it goes, and the results that it brings.
    pub merges: u64,
    /// At each place where branches meet, the locals and the values on the operand stack.
    pub scope: u64,
    /// The parameters and results of calls, and the values on the stack during them.
    pub calls: u64,
    /// At each operator, the values alive that have no register. It is known when the function ends.
    pub alive: u64,
}

impl Weight {
    /// The sum of the parts.
    #[must_use]
    pub const fn total(&self) -> u64 {
        let rest = self.scope.saturating_add(self.calls).saturating_add(self.alive);
        self.operators.saturating_add(self.merges).saturating_add(rest)
    }

    /// The largest part, and what an author can do about it.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        let most = self.operators.max(self.merges).max(self.scope).max(self.calls).max(self.alive);
        if most == self.merges {
            "set fewer locals inside blocks that many branches leave, or split the function there"
        } else if most == self.scope {
            "use fewer locals, or move a part that branches much into a function of its own"
        } else if most == self.calls {
            "pass fewer parameters, keep fewer values on the stack across calls, or split the function"
        } else if most == self.alive {
            "keep fewer values in locals and on the stack from where they are made to where they are used, or split \
             the function where few are alive"
        } else {
            "split the function"
        }
    }
}

impl std::fmt::Display for Weight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} (operators {}, branches that meet {}, values in scope there {}, calls {}, values alive {})",
            self.total(),
            self.operators,
            self.merges,
            self.scope,
            self.calls,
            self.alive
        )
    }
}
