//! Compiled criteria: a tree of AND, OR and NOT over tests of single fields.

use super::{
    criteria::{self, CriteriaError},
    document::FieldValues,
    value_test::{Needle, Test},
};
use crate::{
    field::{Field, Projection},
    wire::UserSearchCriteria,
};

/// Whose state counts when the criteria do not speak of `state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateRule {
    /// Active users only, unless a criterion names `state`; as Genesys probably does (contract 7).
    ActiveUnlessAsked,
    /// Users of every state.
    AnyState,
}

/// Tells whether a user matches.
#[derive(Clone, Debug)]
pub struct Matcher {
    pub(crate) root: Node,
}

#[derive(Clone, Debug)]
pub(crate) enum Node {
    /// Empty: everybody.
    And(Vec<Node>),
    /// Empty: nobody.
    Or(Vec<Node>),
    Not(Box<Node>),
    Leaf(Leaf),
}

#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    pub(crate) field: Field,
    pub(crate) test: Test,
}

impl Matcher {
    /// Compiles a list of criteria; an empty one matches everybody.
    ///
    /// # Errors
    /// [`CriteriaError`] for the first criterion that makes no sense.
    pub fn compile(
        criteria: &[UserSearchCriteria],
        state: StateRule,
    ) -> Result<Self, CriteriaError> {
        let root = criteria::compile(criteria)?;
        let asked = {
            let mut asked = false;
            root.each_leaf(&mut |leaf| asked |= leaf.field == Field::STATE);
            asked
        };
        if state == StateRule::AnyState || asked {
            return Ok(Self { root });
        }
        let active = Node::Leaf(Leaf {
            field: Field::STATE,
            test: Test::Equals(vec![Needle::new("active", None)]),
        });
        Ok(Self {
            root: Node::And(vec![active, root]),
        })
    }

    /// The matcher of everybody.
    #[must_use]
    pub fn everybody() -> Self {
        Self {
            root: Node::And(Vec::new()),
        }
    }

    /// The matcher of the user with this id, in any case.
    #[must_use]
    pub fn of_user(id: &str) -> Self {
        Self::of(Field::ID, Test::Equals(vec![Needle::new(id, None)]))
    }

    pub(crate) fn of(field: Field, test: Test) -> Self {
        Self {
            root: Node::Leaf(Leaf { field, test }),
        }
    }

    /// Whether `user` matches.
    #[must_use]
    pub fn matches(&self, user: &dyn FieldValues) -> bool {
        self.root.matches(user)
    }

    /// How well a matching user fits, for the sort order `SCORE`: the sum, over all criteria that
    /// are not negated, of 3 for a value hit as a whole, 2 from its beginning, 1 somewhere.
    #[must_use]
    pub fn score(&self, user: &dyn FieldValues) -> u32 {
        self.root.score(user)
    }

    /// What has to be read of every user to match.
    #[must_use]
    pub fn projection(&self) -> Projection {
        let mut projection = Projection::none();
        self.root
            .each_leaf(&mut |leaf| projection = projection.union(leaf.field.projection()));
        projection
    }
}

impl Node {
    pub(crate) fn matches(&self, user: &dyn FieldValues) -> bool {
        match self {
            Self::And(nodes) => nodes.iter().all(|node| node.matches(user)),
            Self::Or(nodes) => nodes.iter().any(|node| node.matches(user)),
            Self::Not(node) => !node.matches(user),
            Self::Leaf(leaf) => leaf.matches(user),
        }
    }

    fn score(&self, user: &dyn FieldValues) -> u32 {
        match self {
            Self::And(nodes) | Self::Or(nodes) => nodes.iter().map(|node| node.score(user)).sum(),
            Self::Not(_) => 0,
            Self::Leaf(leaf) => {
                let (kind, mut best) = (leaf.field.kind(), 0);
                user.any_value(leaf.field, &mut |value| {
                    if leaf.test.passes(kind, value) {
                        best = best.max(leaf.test.score(kind, value));
                    }
                    false
                });
                best
            }
        }
    }

    pub(crate) fn each_leaf(&self, each: &mut dyn FnMut(&Leaf)) {
        match self {
            Self::And(nodes) | Self::Or(nodes) => {
                nodes.iter().for_each(|node| node.each_leaf(each));
            }
            Self::Not(node) => node.each_leaf(each),
            Self::Leaf(leaf) => each(leaf),
        }
    }
}

impl Leaf {
    pub(crate) fn matches(&self, user: &dyn FieldValues) -> bool {
        let kind = self.field.kind();
        user.any_value(self.field, &mut |value| self.test.passes(kind, value))
    }
}
