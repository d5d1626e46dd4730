//! What a panel can be: its kind, what it says about itself, its queries and how its numbers are dressed.

use serde_json::{Value, json};

/// The kinds of panels, all of them Grafana's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One number, or a few beside each other.
    Stat,
    /// Lines over time.
    Lines,
    /// Bars over time, one for each stretch, on top of each other.
    Bars,
    /// Areas over time, on top of each other.
    Areas,
    /// Rows and columns.
    Table,
    /// A bar for each series, with its number.
    BarGauge,
    /// Which state it was in when.
    StateTimeline,
    /// Words.
    Text,
}

/// The colour of absent data: that of ordinary words.
pub const ABSENT: &str = "text";

/// Below every number: a first step for colours that hold for negative ones.
pub const BELOW_ALL: f64 = -1e9;

/// Grafana's unit of seconds that are not made into minutes.
pub const SECONDS: &str = "suffix: s";

/// The states of agents as wolkvox tells them, each with its colour. Red is not among them: none is bad by itself.
const STATES: [(&str, &str); 6] = [
    ("ready", "green"),
    ("ring", "yellow"),
    ("inbound", "dark-blue"),
    ("outbound", "purple"),
    ("acw", "light-blue"),
    ("aux", "orange"),
];

/// What a panel says of itself to whoever looks at it for the first time.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// What is seen.
    pub shows: &'static str,
    /// How it is computed, in words of the field.
    pub formula: &'static str,
    /// What the number counts.
    pub unit: &'static str,
    /// What to do with it.
    pub act: &'static str,
}

/// One query of a panel.
#[derive(Clone, Debug)]
pub struct Query {
    /// The PromQL, with Grafana's variables.
    pub expr: String,
    /// What its series are called.
    pub legend: String,
    /// Why it may well have no series, where it may.
    pub may_be_empty: Option<&'static str>,
}

/// A query whose series have this name.
#[must_use]
pub fn query(expr: impl Into<String>, legend: impl Into<String>) -> Query {
    Query { expr: expr.into(), legend: legend.into(), may_be_empty: None }
}

impl Query {
    /// Says why it may have no series though all is well.
    #[must_use]
    pub fn may_be_empty(mut self, why: &'static str) -> Self {
        self.may_be_empty = Some(why);
        self
    }
}

/// A column of a table: where its numbers come from and how they are dressed.
#[derive(Clone, Debug)]
pub struct Column {
    /// The field that Grafana makes: a label, or `Value #A` of the first query.
    pub field: String,
    /// What stands above it.
    pub title: &'static str,
    /// Its unit, where it holds numbers.
    pub unit: Option<&'static str>,
    /// How its cells are dressed beyond that.
    pub properties: Properties,
}

/// Settings of a field: which, and to what.
pub type Properties = Vec<(&'static str, Value)>;

/// A panel, without its place.
#[derive(Clone, Debug)]
pub struct Panel {
    /// What it is.
    pub kind: Kind,
    /// What stands above it.
    pub title: String,
    /// What it says of itself.
    pub about: About,
    /// Its queries: A, B, C.
    pub queries: Vec<Query>,
    /// Grafana's name of the unit.
    pub unit: &'static str,
    /// Digits behind the point.
    pub decimals: Option<u8>,
    /// What it says when there is nothing to show.
    pub no_value: &'static str,
    /// Colours from these values on.
    pub steps: Vec<(f64, &'static str)>,
    /// The colour below all of them, which is also that of absent data: none that judges.
    pub base: &'static str,
    /// Width in columns of 24, and height in rows of about 38 pixels.
    pub size: (u32, u32),
    /// Ends of the axis.
    pub bounds: (Option<f64>, Option<f64>),
    /// Settings of the panel as a whole, over those of its kind.
    pub options: Vec<(&'static str, Value)>,
    /// Settings of single fields: which matcher, what it matches, what is set.
    pub overrides: Vec<(&'static str, String, Properties)>,
    /// Words for numbers.
    pub mappings: Vec<Value>,
    /// What happens to the answers before they are shown.
    pub transformations: Vec<Value>,
    /// Where a click leads.
    pub links: Vec<Value>,
    /// A range of time of its own.
    pub time_from: Option<&'static str>,
    /// The least distance of points.
    pub step: &'static str,
    /// What a text panel says.
    pub text: &'static str,
    /// Whether it stands without a frame.
    pub is_transparent: bool,
    /// Whether it tells the age of its data where they are too old to be shown.
    pub is_aged: bool,
}

impl Panel {
    /// A panel of this kind with the ordinary dress.
    #[must_use]
    pub fn new(kind: Kind, title: &str, about: About) -> Self {
        Self {
            kind,
            title: title.to_owned(),
            about,
            queries: Vec::new(),
            unit: "short",
            decimals: None,
            no_value: "no data",
            steps: vec![(0.0, "blue")],
            base: ABSENT,
            size: (12, 8),
            // What does not begin at 0 lies about proportions: half a second more looks like a disaster.
            bounds: (matches!(kind, Kind::Lines | Kind::Areas | Kind::Bars | Kind::BarGauge).then_some(0.0), None),
            options: Vec::new(),
            overrides: Vec::new(),
            mappings: Vec::new(),
            transformations: Vec::new(),
            links: Vec::new(),
            time_from: None,
            step: "1m",
            text: "",
            is_transparent: kind == Kind::Text,
            is_aged: false,
        }
    }

    /// Adds a query.
    #[must_use]
    pub fn ask(mut self, query: Query) -> Self {
        self.queries.push(query);
        self
    }

    /// Sets the unit.
    #[must_use]
    pub fn unit(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }

    /// A share from 0 to 1, shown as per cent with one digit.
    #[must_use]
    pub fn share(mut self) -> Self {
        self.unit = "percentunit";
        self.decimals = Some(1);
        if !matches!(self.kind, Kind::Stat | Kind::Table) {
            self.bounds = (Some(0.0), self.bounds.1);
        }
        self
    }

    /// Whole numbers.
    #[must_use]
    pub fn whole(mut self) -> Self {
        self.decimals = Some(0);
        self
    }

    /// Sets the digits behind the point.
    #[must_use]
    pub fn decimals(mut self, digits: u8) -> Self {
        self.decimals = Some(digits);
        self
    }

    /// Sets what is said when there is nothing to show.
    #[must_use]
    pub fn when_empty(mut self, text: &'static str) -> Self {
        self.no_value = text;
        self
    }

    /// Sets the colours.
    #[must_use]
    pub fn steps(mut self, steps: &[(f64, &'static str)]) -> Self {
        self.steps = steps.to_vec();
        self
    }

    /// Sets the colour below the first step, for drawn thresholds alone: where a number stands it is that of absence.
    #[must_use]
    pub fn from_the_bottom(mut self, colour: &'static str) -> Self {
        self.base = colour;
        self
    }

    /// Sets the size.
    #[must_use]
    pub fn size(mut self, width: u32, height: u32) -> Self {
        self.size = (width, height);
        self
    }

    /// Ends the axis at the top.
    #[must_use]
    pub fn at_most(mut self, top: f64) -> Self {
        self.bounds.1 = Some(top);
        self
    }

    /// Lets the axis go below 0, for what may be missing.
    #[must_use]
    pub fn below_zero_too(mut self) -> Self {
        self.bounds.0 = None;
        self
    }

    /// Sets an option of the panel.
    #[must_use]
    pub fn option(mut self, key: &'static str, value: Value) -> Self {
        self.options.push((key, value));
        self
    }

    /// Dresses the fields of one query: `A` is the first.
    #[must_use]
    pub fn dress(mut self, query: &str, properties: Properties) -> Self {
        self.overrides.push(("byFrameRefID", query.to_owned(), properties));
        self
    }

    /// Draws the first two queries as a band: the strict service level, and above it the lenient one.
    #[must_use]
    pub fn as_band(self) -> Self {
        self.colour("A", "blue").dress(
            "B",
            vec![
                ("color", json!({ "mode": "fixed", "fixedColor": "light-blue" })),
                ("custom.lineWidth", json!(1)),
                ("custom.fillBelowTo", json!("strict")),
                ("custom.fillOpacity", json!(25)),
            ],
        )
    }

    /// Gives all fields of one query one colour.
    #[must_use]
    pub fn colour(self, query: &str, colour: &str) -> Self {
        self.dress(query, vec![("color", json!({ "mode": "fixed", "fixedColor": colour }))])
    }

    /// Draws one query's lines as a target: thin, dashed and grey.
    #[must_use]
    pub fn as_target(self, query: &str) -> Self {
        self.dress(
            query,
            vec![
                ("color", json!({ "mode": "fixed", "fixedColor": "text" })),
                ("custom.lineStyle", json!({ "fill": "dash", "dash": [10, 10] })),
                ("custom.lineWidth", json!(1)),
                ("custom.fillOpacity", json!(0)),
            ],
        )
    }

    /// Takes the frame away.
    #[must_use]
    pub fn transparent(mut self) -> Self {
        self.is_transparent = true;
        self
    }

    /// Seconds as people in contact centres speak of them: 285 s, not 4.75 mins.
    #[must_use]
    pub fn seconds(self) -> Self {
        self.unit(SECONDS).whole()
    }

    /// Puts several numbers below each other, each with its name, in letters that do not shrink with their number.
    #[must_use]
    pub fn listed(self, value_size: u32) -> Self {
        self.option("orientation", json!("horizontal"))
            .option("textMode", json!("value_and_name"))
            .option("wideLayout", json!(true))
            .option("text", json!({ "titleSize": 14, "valueSize": value_size }))
    }

    /// Gives the field of this name a colour.
    #[must_use]
    pub fn colour_named(mut self, name: &str, colour: &str) -> Self {
        let fixed = vec![("color", json!({ "mode": "fixed", "fixedColor": colour }))];
        self.overrides.push(("byName", name.to_owned(), fixed));
        self
    }

    /// Gives each state of agents its colour, on every dashboard the same.
    #[must_use]
    pub fn by_state(mut self) -> Self {
        for (state, colour) in STATES {
            self = self.colour_named(state, colour);
        }
        self
    }

    /// Gives numbers words.
    #[must_use]
    pub fn words(mut self, words: &[(&str, &str, &str)]) -> Self {
        let options: serde_json::Map<_, _> = words
            .iter()
            .enumerate()
            .map(|(index, (value, text, colour))| {
                ((*value).to_owned(), json!({ "text": text, "color": colour, "index": index }))
            })
            .collect();
        self.mappings.push(json!({ "type": "value", "options": options }));
        self
    }

    /// Shows a range of time of its own, whatever the dashboard's.
    #[must_use]
    pub fn over(mut self, time_from: &'static str) -> Self {
        self.time_from = Some(time_from);
        self
    }

    /// Sets the least distance of points.
    #[must_use]
    pub fn every(mut self, step: &'static str) -> Self {
        self.step = step;
        self
    }

    /// Leads to another place at a click.
    #[must_use]
    pub fn link(mut self, title: &str, url: &str) -> Self {
        self.links.push(json!({ "title": title, "url": url, "targetBlank": false }));
        self
    }

    /// Makes a table of the queries' answers: joined by their common labels, these columns in this order, the rest
    /// hidden, sorted by the column of this title.
    #[must_use]
    pub fn columns(mut self, columns: Vec<Column>, sorted_by: &str, is_descending: bool) -> Self {
        // The panel's own words are for a table without rows; a single cell without a number has a hyphen.
        for kind in ["number", "string"] {
            self.overrides.push(("byType", kind.to_owned(), vec![("noValue", json!("-"))]));
        }
        let values = (0..self.queries.len()).map(|place| format!("Value #{}", letter(place)));
        let hidden =
            values.chain(["Time".to_owned()]).filter(|field| columns.iter().all(|column| column.field != *field));
        let hidden: serde_json::Map<_, _> = hidden.map(|field| (field, json!(true))).collect();
        let order: serde_json::Map<_, _> =
            columns.iter().enumerate().map(|(place, column)| (column.field.clone(), json!(place))).collect();
        let names: serde_json::Map<_, _> =
            columns.iter().map(|column| (column.field.clone(), json!(column.title))).collect();
        self.transformations = vec![
            json!({ "id": "merge", "options": {} }),
            json!({ "id": "organize",
                "options": { "excludeByName": hidden, "indexByName": order, "renameByName": names } }),
        ];
        self.options.push(("sortBy", json!([{ "displayName": sorted_by, "desc": is_descending }])));
        for column in columns {
            // An id is made of digits and would be shown as 4.10 K.
            let is_label = !column.field.starts_with("Value");
            let unit = column.unit.or(is_label.then_some("string"));
            let mut properties: Vec<_> = unit.map(|unit| ("unit", json!(unit))).into_iter().collect();
            properties.extend(column.properties);
            if !properties.is_empty() {
                self.overrides.push(("byName", column.title.to_owned(), properties));
            }
        }
        self
    }
}

/// A column of a table.
#[must_use]
pub fn column(field: &str, title: &'static str) -> Column {
    Column { field: field.to_owned(), title, unit: None, properties: Vec::new() }
}

impl Column {
    /// Its numbers' unit and digits.
    #[must_use]
    pub fn unit(mut self, unit: &'static str, digits: u8) -> Self {
        self.unit = Some(unit);
        self.properties.push(("decimals", json!(digits)));
        self
    }

    /// Colours its cells from these values on; the number stays readable beside the colour.
    #[must_use]
    pub fn steps(mut self, steps: &[(f64, &'static str)]) -> Self {
        self.properties.push(("thresholds", thresholds("transparent", steps)));
        self.properties.push(("color", json!({ "mode": "thresholds" })));
        self.properties.push(("custom.cellOptions", json!({ "type": "color-background", "mode": "basic" })));
        self
    }

    /// Leads to another place at a click on a cell.
    #[must_use]
    pub fn link(mut self, title: &str, url: &str) -> Self {
        self.properties.push(("links", json!([{ "title": title, "url": url, "targetBlank": false }])));
        self
    }

    /// Its width in pixels.
    #[must_use]
    pub fn width(mut self, pixels: u32) -> Self {
        self.properties.push(("custom.width", json!(pixels)));
        self
    }
}

/// Grafana's thresholds. The base is the colour of what is not there, too.
pub(crate) fn thresholds(base: &str, steps: &[(f64, &'static str)]) -> Value {
    let steps = steps.iter().map(|(value, color)| json!({ "color": color, "value": value }));
    let steps: Vec<_> = std::iter::once(json!({ "color": base, "value": null })).chain(steps).collect();
    json!({ "mode": "absolute", "steps": steps })
}

/// The name of the query at this place: A, B, C.
#[must_use]
pub fn letter(place: usize) -> char {
    (b'A'..=b'Z').nth(place).map_or('?', char::from)
}
