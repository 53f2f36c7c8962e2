//! Words that tell how a name beside them is meant. Every list is sorted.

/// Verbs of saying, deciding and dealing: what governments do and cities do not.
pub fn is_act(word: &str) -> bool {
    ACTS.binary_search(&word).is_ok()
}

#[rustfmt::skip]
const ACTS: [&str; 229] = [
    "abandoned", "accepted", "accepts", "accused", "accuses", "accusing", "acknowledged", "acknowledges",
    "admits", "admitted", "agreed", "agrees", "aims", "alleged", "alleges", "annexed", "announced",
    "announces", "appealed", "approved", "approves", "argued", "argues", "asked", "asks", "asserted",
    "asserts", "backed", "backs", "backtracked", "balked", "banned", "bans", "believed", "believes",
    "blamed", "blames", "blocked", "blocks", "boycotted", "called", "calls", "cautioned", "cautions",
    "ceded", "claimed", "claiming", "claims", "complained", "complains", "conceded", "concedes",
    "condemned", "condemns", "confirmed", "confirms", "considers", "contended", "contends", "countered",
    "counters", "criticised", "criticises", "criticized", "criticizes", "decided", "decides", "declared",
    "declares", "declined", "declines", "decried", "deemed", "deems", "defended", "defends", "demanded",
    "demands", "denied", "denies", "denounced", "denounces", "denying", "deployed", "deploys", "deported",
    "dismissed", "dismisses", "dispatched", "disputed", "disputes", "endorsed", "endorses", "expects",
    "expelled", "expressed", "expresses", "eyes", "favors", "favoured", "favours", "feared", "fears",
    "froze", "hailed", "hails", "hinted", "hoped", "hopes", "ignored", "imposed", "imposes", "indicated",
    "indicates", "insisted", "insisting", "insists", "intends", "invaded", "invited", "justified",
    "justifies", "labeled", "labelled", "labels", "lodged", "maintained", "maintains", "mulls",
    "negotiated", "objected", "objects", "offered", "offers", "opposed", "opposes", "ordered", "orders",
    "plans", "pledged", "pledges", "praised", "prefers", "pressed", "pressured", "promised", "promises",
    "proposed", "proposes", "protested", "protests", "ratified", "reacted", "reacts", "rebuffed", "rebuffs",
    "rebuked", "recalled", "recognised", "recognises", "recognized", "recognizes", "refused", "refuses",
    "regards", "reiterated", "reiterates", "rejected", "rejects", "repeated", "replied", "requested",
    "resisted", "responded", "responds", "retaliated", "said", "sanctioned", "saying", "says", "scrapped",
    "seeks", "sees", "severed", "signaled", "signalled", "signals", "signed", "slammed", "slapped",
    "sought", "stressed", "stresses", "suggested", "suggests", "summoned", "supplied", "supplies",
    "supported", "supports", "suspected", "suspects", "suspended", "threatened", "threatens", "told",
    "tried", "tries", "unveiled", "urged", "urges", "urging", "vetoed", "views", "voiced", "vowed", "vows",
    "waged", "wanted", "wants", "warned", "warning", "warns", "welcomed", "welcomes", "withdrew",
    "withheld", "wooed", "worries",
];

/// What governments have and cities do not: *Ottawa's position*.
pub fn is_policy_noun(word: &str) -> bool {
    POLICY_NOUNS.binary_search(&word).is_ok()
}

#[rustfmt::skip]
const POLICY_NOUNS: [&str; 180] = [
    "accusation", "accusations", "agenda", "aggression", "aid", "aim", "aims", "allegations", "alliance",
    "alliances", "allies", "ally", "ambassador", "ambassadors", "ambition", "ambitions", "anger",
    "annexation", "approach", "approval", "argument", "army", "arsenal", "assertion", "assertions",
    "assurances", "attitude", "backing", "ban", "bid", "blockade", "calls", "campaign", "capacity", "claim",
    "claims", "commitment", "concern", "concerns", "consent", "control", "cooperation", "crackdown",
    "credibility", "decision", "decisions", "defence", "defense", "delegation", "demand", "demands",
    "denial", "deployment", "diplomacy", "diplomat", "diplomats", "domination", "economic", "efforts",
    "embargo", "encroachment", "enemies", "envoy", "envoys", "expansion", "fears", "feud", "forces",
    "foreign", "friendship", "goal", "goals", "government", "grip", "hand", "help", "hostility",
    "influence", "intelligence", "intention", "intentions", "interest", "interests", "intervention",
    "invasion", "involvement", "leaders", "leadership", "leverage", "lobby", "logic", "membership",
    "message", "military", "missile", "missiles", "motives", "move", "moves", "narrative", "negotiator",
    "negotiators", "neutrality", "nuclear", "objection", "objections", "objectives", "offer", "opposition",
    "orbit", "order", "permission", "plan", "plans", "pledge", "policies", "policy", "position", "posture",
    "power", "preferred", "presence", "pressure", "priorities", "priority", "program", "programme",
    "promise", "propaganda", "proposal", "proposals", "provocations", "puppet", "reaction", "recognition",
    "refusal", "regime", "relations", "relationship", "reluctance", "request", "requests", "resistance",
    "response", "rhetoric", "role", "rule", "rulers", "sanctions", "security", "silence", "sovereignty",
    "spies", "sponsorship", "stance", "statement", "strategic", "strategy", "support", "supporters",
    "tactics", "tariffs", "threat", "threats", "ties", "tolerance", "tone", "top", "troops", "unilateral",
    "veto", "view", "views", "war", "warning", "warnings", "weapons", "willingness", "wishes", "withdrawal",
];

/// Verbs whose object is a government: *accused Ottawa*.
pub fn is_accusing(word: &str) -> bool {
    ACCUSINGS.binary_search(&word).is_ok()
}

#[rustfmt::skip]
const ACCUSINGS: [&str; 78] = [
    "accuse", "accused", "accuses", "accusing", "anger", "angered", "angering", "antagonise", "antagonize",
    "appease", "appeasing", "asked", "assail", "assailed", "assured", "blame", "blamed", "blames",
    "blaming", "challenge", "challenged", "condemn", "condemned", "condemning", "confront", "confronted",
    "convince", "convinced", "criticise", "criticised", "criticising", "criticize", "criticized",
    "criticizing", "defied", "defy", "defying", "deter", "deterring", "force", "forced", "infuriate",
    "infuriated", "irk", "irked", "irritate", "irritated", "isolate", "isolating", "persuade", "persuaded",
    "press", "pressed", "pressing", "pressure", "pressured", "pressuring", "prompted", "provoke",
    "provoked", "punish", "punishing", "reassure", "rebuke", "rebuked", "sanctioning", "slammed", "support",
    "supporting", "supports", "told", "urge", "urged", "urges", "urging", "warn", "warned", "warning",
];

/// What stands between governments: *ties with Ottawa*.
pub fn is_relation(word: &str) -> bool {
    RELATIONS.binary_search(&word).is_ok()
}

#[rustfmt::skip]
const RELATIONS: [&str; 57] = [
    "accord", "accords", "accusations", "agreement", "agreements", "aid", "aligned", "allegations",
    "alliance", "allied", "assistance", "ceasefire", "coalition", "concessions", "contacts", "cooperation",
    "deal", "deals", "dependence", "dialog", "dialogue", "diplomacy", "dispute", "disputes", "embargo",
    "feud", "friendship", "help", "influence", "links", "loyal", "measures", "negotiate", "negotiated",
    "negotiating", "negotiations", "pact", "partnership", "peace", "pressure", "relations", "relationship",
    "rift", "row", "sanctions", "sided", "spat", "standoff", "support", "tariffs", "tension", "tensions",
    "ties", "trade", "treaty", "truce", "war",
];

/// Participles and nouns before *by* a government: *backed by Ottawa*.
pub fn is_done_by(word: &str) -> bool {
    DONE_BYS.binary_search(&word).is_ok()
}

#[rustfmt::skip]
const DONE_BYS: [&str; 40] = [
    "accused", "annexed", "appointed", "approved", "armed", "attempt", "attempts", "backed", "claimed",
    "condemned", "controlled", "decision", "denied", "drafted", "effort", "efforts", "financed", "funded",
    "imposed", "initiated", "issued", "made", "move", "moves", "negotiated", "orchestrated", "ordered",
    "proposed", "recognised", "recognized", "rejected", "ruled", "sanctioned", "signed", "sponsored",
    "step", "steps", "supplied", "supported", "threats",
];

/// Words that a place follows and a government does not.
pub fn is_place_preposition(word: &str) -> bool {
    PLACE_PREPOSITIONS.binary_search(&word).is_ok()
}

#[rustfmt::skip]
const PLACE_PREPOSITIONS: [&str; 30] = [
    "above", "across", "around", "at", "beyond", "enter", "entered", "entering", "in", "inside", "into",
    "leaving", "left", "near", "off", "outside", "outskirts", "reach", "reached", "reaching", "surrounding",
    "through", "throughout", "toward", "towards", "via", "visit", "visited", "visiting", "within",
];

/// What cities have and governments do not: *Ottawa's airport*.
pub fn is_city_noun(word: &str) -> bool {
    CITY_NOUNS.binary_search(&word).is_ok()
}

#[rustfmt::skip]
const CITY_NOUNS: [&str; 76] = [
    "airport", "airports", "apartment", "archbishop", "area", "bishop", "bourse", "bureau", "bus",
    "cathedral", "center", "centre", "church", "churches", "cinema", "cinemas", "city", "conference",
    "court", "district", "districts", "downtown", "embassy", "exchange", "festival", "hospital",
    "hospitals", "hotel", "hotels", "landmark", "main", "mall", "marathon", "market", "mayor", "metro",
    "metropolitan", "mosque", "mosques", "museum", "museums", "neighborhood", "neighborhoods",
    "neighbourhood", "neighbourhoods", "newsroom", "opera", "outskirts", "palace", "park", "police",
    "population", "port", "residents", "restaurants", "shops", "skyline", "square", "stadium", "station",
    "stations", "stock", "street", "streets", "suburb", "suburbs", "subway", "summit", "temple", "theatre",
    "theatres", "time", "traffic", "train", "university", "zoo",
];

/// Words right before a city's name.
pub fn is_city_modifier(word: &str) -> bool {
    CITY_MODIFIERS.binary_search(&word).is_ok()
}

#[rustfmt::skip]
const CITY_MODIFIERS: [&str; 17] = [
    "capital", "central", "city", "downtown", "east", "eastern", "greater", "inner", "midtown", "north",
    "northern", "south", "southern", "suburban", "uptown", "west", "western",
];

/// What a state has, right after its capital's name: *the Ottawa government*.
pub fn is_of_state(word: &str) -> bool {
    OF_STATES.binary_search(&word).is_ok()
}

#[rustfmt::skip]
const OF_STATES: [&str; 12] = [
    "administration", "authorities", "diplomats", "forces", "government", "leaders", "leadership", "officials",
    "regime", "rule", "rulers", "troops",
];

/// Things that lie between cities: *the road between …*.
pub fn is_way(word: &str) -> bool {
    WAYS.binary_search(&word).is_ok()
}

#[rustfmt::skip]
const WAYS: [&str; 26] = [
    "airline", "border", "bus", "commute", "distance", "flight", "flights", "flying", "halfway", "highway",
    "kilometers", "kilometres", "km", "line", "match", "miles", "mph", "railway", "road", "route", "routes",
    "shuttled", "train", "trains", "traveled", "travelled",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted() {
        let lists: [&[&str]; 10] = [
            &ACTS,
            &POLICY_NOUNS,
            &ACCUSINGS,
            &RELATIONS,
            &DONE_BYS,
            &PLACE_PREPOSITIONS,
            &CITY_NOUNS,
            &CITY_MODIFIERS,
            &OF_STATES,
            &WAYS,
        ];
        for list in lists {
            assert!(list.is_sorted_by(|a, b| a < b), "{list:?}");
        }
    }

    #[test]
    fn acts_and_things_are_known() {
        assert!(is_act("said") && is_act("rejected") && !is_act("rained"));
        assert!(is_policy_noun("stance") && !is_policy_noun("airport"));
        assert!(is_city_noun("airport"));
    }
}
