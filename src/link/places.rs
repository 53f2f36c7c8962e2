//! Places whose country news takes as known: they say where a document is set, and are not linked themselves.

/// The country of a well-known state, province or city, by its name or abbreviation as written.
pub fn country_of_place(name: &str) -> Option<&'static str> {
    let name = name.trim_end_matches('.');
    PLACES
        .iter()
        .find(|(_, places)| places.iter().any(|place| place.eq_ignore_ascii_case(name)))
        .map(|(country, _)| *country)
}

/// Abbreviations of states of the U.S. as they stand after a town: *Lebanon, Pa.*
pub fn is_state_abbreviation(word: &str) -> bool {
    STATE_ABBREVIATIONS
        .iter()
        .any(|state| state.eq_ignore_ascii_case(word.trim_end_matches('.')))
}

#[rustfmt::skip]
const STATE_ABBREVIATIONS: [&str; 42] = [
    "Ala", "Ariz", "Ark", "Calif", "Colo", "Conn", "Del", "Fla", "Ga", "Ill", "Ind", "Kan", "Kans", "Ky", "La", "Mass",
    "Md", "Mich", "Minn", "Miss", "Mo", "Mont", "N.C", "N.D", "N.H", "N.J", "N.M", "N.Y", "Neb", "Nev", "Okla", "Ore",
    "Pa", "R.I", "S.C", "S.D", "Tenn", "Tex", "Va", "Vt", "W.Va", "Wis",
];

#[rustfmt::skip]
const PLACES: [(&str, &[&str]); 16] = [
    ("US", &[
        "Alabama", "Alaska", "Arizona", "Arkansas", "California", "Colorado", "Connecticut", "Delaware", "Florida",
        "Hawaii", "Idaho", "Illinois", "Indiana", "Iowa", "Kansas", "Kentucky", "Louisiana", "Maine", "Maryland",
        "Massachusetts", "Michigan", "Minnesota", "Mississippi", "Missouri", "Montana", "Nebraska", "Nevada",
        "New Hampshire", "New Jersey", "New Mexico", "New York", "North Carolina", "North Dakota", "Ohio", "Oklahoma",
        "Oregon", "Pennsylvania", "Rhode Island", "South Carolina", "South Dakota", "Tennessee", "Texas", "Utah",
        "Vermont", "Virginia", "Washington D.C.", "Washington, D.C.", "Washington DC", "West Virginia", "Wisconsin",
        "Wyoming", "Calif", "Fla", "Mass", "Mich", "Tenn", "N.Y.", "N.J.", "N.C.", "S.C.", "New York City", "Los Angeles",
        "Chicago", "Houston", "Philadelphia", "San Francisco", "Boston", "Detroit", "Atlanta", "Dallas", "Seattle",
        "Miami", "Denver", "Baltimore", "Manhattan", "Brooklyn", "Wall Street", "Capitol Hill", "San Diego", "Las Vegas",
        "Minneapolis", "New Orleans", "St. Louis", "Pittsburgh", "Cleveland", "Silicon Valley", "Phoenix", "Portland",
    ]),
    ("CA", &[
        "Ontario", "Quebec", "British Columbia", "Alberta", "Manitoba", "Saskatchewan", "Nova Scotia", "New Brunswick",
        "Newfoundland", "Toronto", "Montreal", "Vancouver", "Calgary", "Edmonton", "Winnipeg",
    ]),
    ("AU", &[
        "New South Wales", "Queensland", "Western Australia", "South Australia", "Tasmania", "Northern Territory",
        "Sydney", "Melbourne", "Brisbane", "Adelaide", "NSW",
    ]),
    ("GB", &[
        "Manchester", "Liverpool", "Leeds", "Glasgow", "Birmingham", "Bristol", "Sheffield", "Newcastle", "Westminster",
        "Whitehall", "Downing Street", "Yorkshire", "Kent", "Essex", "Cornwall",
    ]),
    ("IN", &[
        "Mumbai", "Bombay", "Calcutta", "Kolkata", "Chennai", "Madras", "Bangalore", "Bengaluru", "Hyderabad", "Gujarat",
        "Maharashtra", "Uttar Pradesh", "Bihar", "Tamil Nadu", "Kerala", "Assam", "Rajasthan", "West Bengal", "Karnataka",
        "Madhya Pradesh", "Haryana", "Odisha", "Telangana", "Andhra Pradesh", "Delhi", "Ahmedabad",
    ]),
    ("CN", &[
        "Shanghai", "Guangdong", "Sichuan", "Xinjiang", "Tibet", "Shenzhen", "Guangzhou", "Wuhan", "Chongqing", "Tianjin",
        "Hubei", "Hunan", "Yunnan", "Fujian", "Zhejiang", "Jiangsu", "Shandong", "Henan", "Inner Mongolia",
    ]),
    ("RU", &["St. Petersburg", "Chechnya", "Siberia", "Dagestan", "Vladivostok", "Grozny", "Tatarstan", "Kaliningrad"]),
    ("DE", &["Bavaria", "Munich", "Hamburg", "Frankfurt", "Cologne", "Saxony", "Stuttgart", "Hesse", "Dresden", "Leipzig"]),
    ("FR", &["Marseille", "Lyon", "Toulouse", "Strasbourg", "Corsica", "Brittany", "Normandy", "Bordeaux", "Lille", "Nice"]),
    ("PK", &["Karachi", "Lahore", "Punjab", "Sindh", "Balochistan", "Peshawar", "Rawalpindi", "Quetta", "Multan"]),
    ("NG", &["Lagos", "Kano", "Kaduna", "Port Harcourt", "Ibadan", "Borno", "Rivers State", "Ogun", "Enugu", "Anambra"]),
    ("ZA", &["Johannesburg", "Durban", "Gauteng", "KwaZulu-Natal", "Soweto", "Western Cape", "Eastern Cape"]),
    ("BR", &["Sao Paulo", "São Paulo", "Rio de Janeiro", "Bahia", "Minas Gerais"]),
    ("TR", &["Istanbul", "Izmir", "Diyarbakir"]),
    ("JP", &["Osaka", "Kyoto", "Hokkaido", "Okinawa", "Hiroshima", "Nagasaki", "Fukushima", "Nagoya"]),
    ("UA", &["Donetsk", "Luhansk", "Kharkiv", "Odesa", "Odessa", "Mariupol", "Kherson", "Lviv", "Donbas", "Zaporizhzhia"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_their_country() {
        assert_eq!(country_of_place("Texas"), Some("US"));
        assert_eq!(country_of_place("TEXAS"), Some("US"));
        assert_eq!(country_of_place("Toronto"), Some("CA"));
        assert_eq!(country_of_place("Atlantis"), None);
        assert!(
            is_state_abbreviation("Pa.") && is_state_abbreviation("pa") && !is_state_abbreviation("Peru")
        );
    }

    #[test]
    fn no_place_stands_in_two_countries() {
        let mut all: Vec<&str> = PLACES
            .iter()
            .flat_map(|(_, places)| places.iter().copied())
            .collect();
        all.sort_unstable();
        let count = all.len();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
