//! Words that tell how a name beside them is meant. Every list is sorted.

/// Verbs of saying, deciding and dealing: what governments do and cities do not.
pub fn is_act(word: &str) -> bool {
    ACTS.binary_search(&word).is_ok()
}

#[rustfmt::skip]
const ACTS: [&str; 381] = [
    "abandoned", "accepted", "accepts", "accused", "accuses", "accusing", "acknowledged", "acknowledges", "adhere",
    "adheres", "admits", "admitted", "adopted", "adopts", "agreed", "agrees", "aims", "alleged", "alleges",
    "allocated", "annexed", "annexes", "announced", "announces", "apologised", "apologized", "appealed", "approached",
    "approved", "approves", "argued", "argues", "arming", "arrested", "arrests", "asked", "asks", "asserted",
    "asserts", "attacked", "attacks", "attempted", "backed", "backs", "backtracked", "balked", "banned", "bans",
    "barred", "bars", "believed", "believes", "blamed", "blames", "blocked", "blocks", "bowed", "bows", "boycotted",
    "breaks", "briefed", "broke", "brokered", "brokers", "called", "calls", "cautioned", "cautions", "ceded", "chose",
    "claimed", "claiming", "claims", "complained", "complains", "conceded", "concedes", "condemned", "condemns",
    "conditioned", "confirmed", "confirms", "congratulated", "considers", "contended", "contends", "controlled",
    "controls", "conveyed", "countered", "counters", "criticised", "criticises", "criticized", "criticizes", "curbed",
    "curbs", "cut", "cuts", "decided", "decides", "declared", "declares", "declined", "declines", "decried", "deemed",
    "deems", "defended", "defends", "demanded", "demands", "demurred", "denied", "denies", "denounced", "denounces",
    "denying", "deployed", "deploys", "deported", "detained", "detains", "dismissed", "dismisses", "dispatched",
    "disputed", "disputes", "ditched", "downgraded", "dropped", "enacted", "enacts", "endorsed", "endorses",
    "expands", "expects", "expelled", "expressed", "expresses", "extradited", "extradites", "eyes", "facilitated",
    "favors", "favoured", "favours", "feared", "fears", "feels", "fights", "financed", "finances", "fired", "fought",
    "freed", "froze", "funded", "funnels", "gave", "gives", "governs", "granted", "grants", "hailed", "hails",
    "halted", "halts", "harbors", "harbours", "hardened", "hesitated", "hinted", "hoped", "hopes",
    "ignored", "imposed", "imposes", "indicated", "indicates", "informed", "insisted", "insisting", "insists",
    "intends", "interfered", "introduces", "invaded", "invested", "invited", "issued", "issues", "joined", "joins",
    "justified", "justifies", "keeps", "kept", "knows", "labeled", "labelled", "labels", "lashed", "launched",
    "launches", "lifted", "lifts", "lobbied", "lodged", "maintained", "maintains", "meddled", "mediated", "mourned",
    "mulled", "mulls", "negotiated", "negotiates", "notified", "objected", "objects", "occupies", "offered",
    "offers", "opposed", "opposes", "ordered", "orders", "owes", "pivoted", "plans", "pledged", "pledges",
    "poured", "praised", "prefers", "pressed", "pressured", "promised", "promises", "proposed", "proposes",
    "protested", "protests", "pulled", "pulls", "pumped", "pursued", "quit", "quits", "raised", "raises", "ratified",
    "reacted", "reacts", "rebuffed", "rebuffs", "rebuked", "recalled", "recalls", "recognised", "recognises",
    "recognized", "recognizes", "recommits", "recruited", "refused", "refuses", "regards", "reimposed", "reinstated",
    "reiterated", "reiterates", "rejected", "rejects", "relaxed", "released", "releases", "relented", "repeated",
    "replied", "requested", "resisted", "responded", "responds", "restored", "restores", "resumed", "resumes",
    "retaliated", "retaliates", "retreated", "reversed", "rules", "said", "sanctioned", "saying", "says", "scrapped",
    "secured", "seeks", "sees", "seized", "seizes", "sends", "sent", "severed", "severs", "shifted", "signaled",
    "signalled", "signals", "signed", "signs", "slammed", "slapped", "slashed", "softened", "sought", "spied",
    "spurned", "stands", "stood", "stressed", "stresses", "struggled", "submitted",
    "sued", "sues", "suggested", "suggests", "summoned", "summons", "supplied", "supplies", "supported", "supports",
    "suspected", "suspects", "suspended", "suspends", "sways", "thanked", "thanks", "thinks", "threatened",
    "threatens", "tightened", "told", "took", "toughened", "tried", "tries", "underlined", "underscored",
    "unveiled", "upgraded", "urged", "urges", "urging", "vetoed", "views", "voiced", "vowed", "vows", "waged",
    "wanted", "wants", "warned", "warning", "warns", "welcomed", "welcomes", "wields", "withdraws", "withdrew",
    "withheld", "wooed", "worries", "yielded", "yields",
];

/// What governments have and cities do not: *Ottawa's position*.
pub fn is_policy_noun(word: &str) -> bool {
    POLICY_NOUNS.binary_search(&word).is_ok()
}

#[rustfmt::skip]
const POLICY_NOUNS: [&str; 204] = [
    "accusation", "accusations", "actions", "agenda", "aggression", "aid", "aim", "aims", "allegations",
    "alliance", "alliances", "allies", "ally", "ambassador", "ambassadors", "ambition", "ambitions",
    "anger", "annexation", "approach", "approval", "argument", "army", "arsenal", "assertion", "assertions",
    "assurances", "attitude", "backing", "ban", "behavior", "behaviour", "bid", "blockade", "breach",
    "calls", "campaign", "capacity", "claim", "claims", "commitment", "concern", "concerns", "condition",
    "conditions", "consent", "control", "cooperation", "crackdown", "credibility", "decision", "decisions",
    "defence", "defense", "delegation", "demand", "demands", "denial", "deployment", "desire",
    "determination", "diplomacy", "diplomat", "diplomats", "domination", "economic", "efforts", "embargo",
    "encroachment", "enemies", "envoy", "envoys", "expansion", "fear", "fears", "feud", "forces", "foreign",
    "friendship", "goal", "goals", "government", "grip", "hand", "help", "hopes", "hostility", "influence",
    "intelligence", "intention", "intentions", "interest", "interests", "intervention", "invasion",
    "involvement", "leaders", "leadership", "leverage", "lobby", "logic", "maneuvering", "manoeuvring",
    "membership", "message", "military", "missile", "missiles", "motives", "move", "moves", "narrative",
    "negotiator", "negotiators", "neutrality", "nuclear", "objection", "objections", "objectives", "offer",
    "opposition", "orbit", "order", "overtures", "permission", "plan", "plans", "pledge", "policies",
    "policy", "position", "posture", "power", "preferred", "presence", "pressure", "priorities", "priority",
    "program", "programme", "promise", "propaganda", "proposal", "proposals", "provocations", "puppet",
    "pursuit", "reaction", "readiness", "recognition", "refusal", "regime", "rejection", "relations",
    "relationship", "reluctance", "request", "requests", "resistance", "resolve", "response", "rhetoric",
    "role", "rule", "rulers", "sanctions", "security", "silence", "sovereignty", "sphere", "spies",
    "sponsorship", "stance", "statement", "strategic", "strategy", "strike", "strikes", "support",
    "supporters", "suspicion", "suspicions", "tactics", "tariffs", "territorial", "threat", "threats",
    "ties", "tolerance", "tone", "top", "troops", "unilateral", "unwillingness", "veto", "view", "views",
    "war", "warning", "warnings", "weapons", "willingness", "wishes", "withdrawal",
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
const RELATIONS: [&str; 94] = [
    "accord", "accords", "accusations", "agreement", "agreements", "aid", "aligned", "allegations",
    "alliance", "allied", "appeal", "appealed", "appeals", "assistance", "beholden", "bow", "bowed",
    "bowing", "ceasefire", "close", "closer", "coalition", "compete", "competing", "concessions",
    "contacts", "cooperate", "cooperating", "cooperation", "coordinate", "coordinating", "coordination",
    "deal", "deals", "dependence", "dialog", "dialogue", "diplomacy", "dispute", "disputes", "embargo",
    "feud", "friendship", "help", "hostile", "hostility", "influence", "letter", "links", "loyal",
    "measures", "message", "messages", "negotiate", "negotiated", "negotiating", "negotiations", "opposed",
    "opposition", "pact", "partnership", "peace", "pressure", "rebuke", "relations", "relationship",
    "response", "rift", "row", "sanctions", "sided", "siding", "signal", "spat", "standoff", "submit",
    "submitted", "summits", "support", "surrender", "talks", "tariffs", "tension", "tensions", "ties",
    "trade", "treaty", "truce", "truces", "war", "warning", "warnings", "yield", "yielded",
];

/// Participles and nouns before *by* a government: *backed by Ottawa*.
pub fn is_done_by(word: &str) -> bool {
    DONE_BYS.binary_search(&word).is_ok()
}

#[rustfmt::skip]
const DONE_BYS: [&str; 46] = [
    "accused", "annexed", "appointed", "approved", "armed", "attempt", "attempts", "backed", "claimed",
    "condemned", "considered", "controlled", "decision", "denied", "drafted", "effort", "efforts",
    "embraced", "financed", "funded", "imposed", "initiated", "issued", "made", "move", "moves",
    "negotiated", "orchestrated", "ordered", "perceived", "proposed", "recognised", "recognized",
    "regarded", "rejected", "ruled", "sanctioned", "seen", "signed", "sponsored", "step", "steps",
    "supplied", "supported", "threats", "viewed",
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

/// Words that may stand between a name and its verb.
pub fn is_auxiliary(word: &str) -> bool {
    AUXILIARIES.binary_search(&word).is_ok()
}

#[rustfmt::skip]
const AUXILIARIES: [&str; 32] = [
    "again", "already", "also", "be", "been", "being", "can", "could", "did", "do", "does", "had", "has",
    "have", "is", "itself", "later", "may", "might", "must", "never", "not", "now", "once", "only",
    "should", "since", "still", "then", "was", "will", "would",
];

/// Words that a plain verb follows.
pub fn is_modal(word: &str) -> bool {
    MODALS.binary_search(&word).is_ok()
}

#[rustfmt::skip]
const MODALS: [&str; 10] = [
    "can", "could", "did", "does", "may", "might", "must", "should", "will", "would",
];

/// Past tenses of what a city is or goes through, its stock exchange too, rather than what a government does.
pub fn is_state_of_city(word: &str) -> bool {
    STATES_OF_CITY.binary_search(&word).is_ok()
}

#[rustfmt::skip]
const STATES_OF_CITY: [&str; 55] = [
    "awarded", "based", "bombed", "born", "called", "celebrated", "climbed", "closed", "completed",
    "crowded", "dated", "destroyed", "devastated", "dropped", "eased", "edged", "ended", "experienced",
    "finished", "flooded", "gained", "headquartered", "hosted", "jumped", "knocked", "lied", "listed",
    "located", "named", "needed", "occupied", "opened", "pictured", "played", "plunged", "populated",
    "rallied", "received", "recorded", "recovered", "renamed", "reopened", "rocked", "shaken", "situated",
    "slipped", "soared", "surrounded", "traded", "tumbled", "used", "visited", "voted", "welcomed",
    "wounded",
];

/// Participles and adjectives of a compound that a government takes: *Ottawa-backed*.
pub fn is_siding(word: &str) -> bool {
    SIDINGS.binary_search(&word).is_ok()
}

#[rustfmt::skip]
const SIDINGS: [&str; 22] = [
    "aligned", "allied", "anti", "appointed", "approved", "backed", "brokered", "controlled", "dominated",
    "friendly", "funded", "imposed", "initiated", "installed", "leaning", "led", "mediated", "ordered",
    "pro", "run", "sponsored", "supported",
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
        let lists: [&[&str]; 14] = [
            &ACTS,
            &POLICY_NOUNS,
            &ACCUSINGS,
            &RELATIONS,
            &DONE_BYS,
            &PLACE_PREPOSITIONS,
            &CITY_NOUNS,
            &CITY_MODIFIERS,
            &OF_STATES,
            &AUXILIARIES,
            &MODALS,
            &STATES_OF_CITY,
            &SIDINGS,
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
