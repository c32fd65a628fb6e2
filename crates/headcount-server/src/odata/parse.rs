//! Reads conditions: `$filter`, and `filter(…)` in `$apply`.

use jiff::tz::Offset;

use super::{
    expression::{Expression, Function, Relation},
    fault::Fault,
    lex::{Token, Word, words},
    sets::Property,
    value::{Kind, Value},
};

/// How deep parentheses, functions and `not` may lie in each other.
const DEEPEST: usize = 64;

/// Reads words one after the other.
pub(crate) struct Reader<'s> {
    words: std::vec::IntoIter<Word>,
    /// The word at hand.
    next: Option<Word>,
    end: usize,
    depth: usize,
    /// What properties there are.
    pub(crate) schema: &'s [Property],
}

/// An expression and what it gives; no kind for null.
type Typed = (Expression, Option<Kind>);

/// Reads a whole `$filter`.
///
/// # Errors
/// [`Fault`], by what is wrong and where.
pub(crate) fn filter(text: &str, schema: &[Property]) -> Result<Expression, Fault> {
    let mut reader = Reader::new(text, schema)?;
    let condition = reader.condition()?;
    reader.end()?;
    Ok(condition)
}

impl<'s> Reader<'s> {
    pub(crate) fn new(text: &str, schema: &'s [Property]) -> Result<Self, Fault> {
        let mut words = words(text)?.into_iter();
        Ok(Self {
            next: words.next(),
            words,
            end: text.len(),
            depth: 0,
            schema,
        })
    }

    /// A condition.
    pub(crate) fn condition(&mut self) -> Result<Expression, Fault> {
        let at = self.place();
        let (condition, kind) = self.either()?;
        match kind {
            None | Some(Kind::Bool) => Ok(condition),
            Some(_) => Err(Fault::syntax(at, "this is no condition")),
        }
    }

    fn either(&mut self) -> Result<Typed, Fault> {
        self.joined("or", Self::both, Expression::Or)
    }

    fn both(&mut self) -> Result<Typed, Fault> {
        self.joined("and", Self::negated, Expression::And)
    }

    /// Parts with a word between them. Many lie beside each other, not in each other, so that their
    /// number has no bound but the length of the text.
    fn joined(
        &mut self,
        word: &str,
        part: impl Fn(&mut Self) -> Result<Typed, Fault>,
        join: fn(Vec<Expression>) -> Expression,
    ) -> Result<Typed, Fault> {
        let first = part(self)?;
        if !self.is_name(word) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.is_name(word) {
            self.take();
            parts.push(part(self)?);
        }
        if parts
            .iter()
            .any(|(_, kind)| kind.is_some_and(|kind| kind != Kind::Bool))
        {
            return Err(Fault::syntax(
                self.place(),
                format!("`{word}` joins conditions"),
            ));
        }
        let parts = parts.into_iter().map(|(part, _)| part).collect();
        Ok((join(parts), Some(Kind::Bool)))
    }

    fn negated(&mut self) -> Result<Typed, Fault> {
        if !self.is_name("not") {
            return self.compared();
        }
        self.take();
        let at = self.place();
        let (part, kind) = self.deeper(Self::negated)?;
        match kind {
            None | Some(Kind::Bool) => Ok((Expression::Not(Box::new(part)), Some(Kind::Bool))),
            Some(_) => Err(Fault::syntax(at, "`not` stands before a condition")),
        }
    }

    fn compared(&mut self) -> Result<Typed, Fault> {
        let (one, kind) = self.operand()?;
        let at = self.place();
        let Some(Token::Name(name)) = self.next.as_ref().map(|word| &word.is) else {
            return Ok((one, kind));
        };
        if name == "in" {
            self.take();
            let members = self.members(kind)?;
            return Ok((Expression::In(Box::new(one), members), Some(Kind::Bool)));
        }
        if let "add" | "sub" | "mul" | "div" | "divby" | "mod" | "has" = name.as_str() {
            return Err(Fault::missing(format!("`{name}` is not supported")));
        }
        let Some(relation) = Relation::find(name) else {
            return Ok((one, kind));
        };
        self.take();
        let (two, other) = self.operand()?;
        let (one, two) =
            alike((one, kind), (two, other)).map_err(|what| Fault::syntax(at, what))?;
        let compare = Expression::Compare(relation, Box::new(one), Box::new(two));
        Ok((compare, Some(Kind::Bool)))
    }

    /// The literals after `in`.
    fn members(&mut self, kind: Option<Kind>) -> Result<Vec<Value<'static>>, Fault> {
        self.expect(&Token::Open, "( after `in`")?;
        let mut members = Vec::new();
        loop {
            let at = self.place();
            let Some(Token::Literal(value)) = self.take() else {
                return Err(Fault::syntax(at, "a literal is missing"));
            };
            let own = kind_of(&value);
            // Only the kinds of the left side count: a date becomes a time where it is compared
            // with times.
            let pair = alike(
                (Expression::Property(0), kind),
                (Expression::Literal(value), own),
            );
            if let (_, Expression::Literal(value)) = pair.map_err(|what| Fault::syntax(at, what))? {
                members.push(value);
            }
            if !self.took(&Token::Comma) {
                break;
            }
        }
        self.expect(&Token::Close, ")")?;
        members.sort_by(Value::rank);
        members.dedup();
        Ok(members)
    }

    fn operand(&mut self) -> Result<Typed, Fault> {
        let at = self.place();
        match self.take() {
            Some(Token::Open) => {
                let inner = self.deeper(Self::either)?;
                self.expect(&Token::Close, ")")?;
                Ok(inner)
            }
            Some(Token::Literal(value)) => {
                let kind = kind_of(&value);
                Ok((Expression::Literal(value), kind))
            }
            Some(Token::Name(name)) if self.is(&Token::Open) => self.call(at, &name),
            Some(Token::Name(name)) => {
                let place = self.property_of(at, &name)?;
                Ok((Expression::Property(place), Some(self.schema[place].kind)))
            }
            Some(_) => Err(Fault::syntax(at, "a property or a literal is missing")),
            None => Err(Fault::syntax(at, "it ends too early")),
        }
    }

    fn call(&mut self, at: usize, name: &str) -> Result<Typed, Fault> {
        let Some(function) = Function::find(name) else {
            let known = Function::ALL.map(|(name, _)| name).join(", ");
            return Err(Fault::missing(format!(
                "no function {name:?}, there are {known}"
            )));
        };
        self.expect(&Token::Open, "(")?;
        let mut arguments = Vec::new();
        loop {
            let place = self.place();
            let (argument, kind) = self.deeper(Self::either)?;
            if kind.is_some_and(|kind| !function.accepts(kind)) {
                let kind = kind.map_or("null", Kind::name);
                return Err(Fault::syntax(place, format!("{name} takes no {kind}")));
            }
            arguments.push(argument);
            if !self.took(&Token::Comma) {
                break;
            }
        }
        self.expect(&Token::Close, ")")?;
        let takes = function.takes();
        if arguments.len() != takes {
            let given = arguments.len();
            return Err(Fault::syntax(
                at,
                format!("{name} takes {takes} arguments, not {given}"),
            ));
        }
        Ok((
            Expression::Call(function, arguments),
            Some(function.gives()),
        ))
    }

    /// The property that comes next.
    pub(crate) fn property(&mut self) -> Result<usize, Fault> {
        let at = self.place();
        match self.take() {
            Some(Token::Name(name)) => self.property_of(at, &name),
            _ => Err(Fault::syntax(at, "a property is missing")),
        }
    }

    fn property_of(&self, at: usize, name: &str) -> Result<usize, Fault> {
        let found = self
            .schema
            .iter()
            .position(|property| property.name == name);
        found.ok_or_else(|| Fault::syntax(at, unknown(name, self.schema)))
    }

    fn deeper<T>(&mut self, read: impl Fn(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        self.depth += 1;
        if self.depth > DEEPEST {
            let what = format!("more than {DEEPEST} levels lie in each other");
            return Err(Fault::syntax(self.place(), what));
        }
        let told = read(self);
        self.depth -= 1;
        told
    }

    /// Where the word at hand begins.
    pub(crate) fn place(&self) -> usize {
        self.next.as_ref().map_or(self.end, |word| word.at)
    }

    pub(crate) fn take(&mut self) -> Option<Token> {
        let next = self.words.next();
        std::mem::replace(&mut self.next, next).map(|word| word.is)
    }

    fn is(&self, token: &Token) -> bool {
        self.next.as_ref().is_some_and(|word| word.is == *token)
    }

    pub(crate) fn is_name(&self, name: &str) -> bool {
        let next = self.next.as_ref().map(|word| &word.is);
        matches!(next, Some(Token::Name(found)) if found == name)
    }

    /// Takes a word where it comes next.
    pub(crate) fn took(&mut self, token: &Token) -> bool {
        let comes = self.is(token);
        if comes {
            self.take();
        }
        comes
    }

    pub(crate) fn expect(&mut self, token: &Token, called: &str) -> Result<(), Fault> {
        let at = self.place();
        match self.took(token) {
            true => Ok(()),
            false => Err(Fault::syntax(at, format!("{called} is missing"))),
        }
    }

    /// Nothing more may come.
    pub(crate) fn end(&self) -> Result<(), Fault> {
        match self.next {
            None => Ok(()),
            Some(_) => Err(Fault::syntax(self.place(), "nothing more can follow here")),
        }
    }
}

/// What to say about a property that there is not.
pub(crate) fn unknown(name: &str, schema: &[Property]) -> String {
    let known: Vec<&str> = schema.iter().map(|property| &*property.name).collect();
    format!("no property {name:?}, there are {}", known.join(", "))
}

fn kind_of(value: &Value<'_>) -> Option<Kind> {
    Some(match value {
        Value::Null => return None,
        Value::Text(_) => Kind::Text,
        Value::Bool(_) => Kind::Bool,
        Value::Int(_) => Kind::Int,
        Value::Decimal(_) => Kind::Decimal,
        Value::Double(_) => Kind::Double,
        Value::Date(_) => Kind::Date,
        Value::Time(_) => Kind::Time,
    })
}

/// Two sides of a comparison, fit to be compared: a date beside a time means its first moment, UTC.
fn alike(one: Typed, two: Typed) -> Result<(Expression, Expression), String> {
    let ((one, first), (two, second)) = (one, two);
    match (first, second) {
        (Some(Kind::Time), Some(Kind::Date)) => Ok((one, midnight(two)?)),
        (Some(Kind::Date), Some(Kind::Time)) if matches!(one, Expression::Literal(_)) => {
            Ok((midnight(one)?, two))
        }
        (Some(first), Some(second))
            if first != second && !(first.is_number() && second.is_number()) =>
        {
            let (first, second) = (first.name(), second.name());
            Err(format!("{first} and {second} cannot be compared"))
        }
        _ => Ok((one, two)),
    }
}

fn midnight(date: Expression) -> Result<Expression, String> {
    match date {
        Expression::Literal(Value::Date(date)) => {
            let start = Offset::UTC.to_timestamp(date.at(0, 0, 0, 0));
            let start = start.map_err(|_| "the date lies outside the calendar".to_owned())?;
            Ok(Expression::Literal(Value::Time(start.as_millisecond())))
        }
        _ => Err("Edm.DateTimeOffset and Edm.Date cannot be compared; use date(…)".to_owned()),
    }
}
