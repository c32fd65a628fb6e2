//! What people are made of: names of several locales, departments as they get typed, places.

/// A locale: given names, family names, country of its phones, ISO code, and whether the family
/// name comes first.
pub(super) struct Locale {
    pub(super) given: &'static [(&'static str, &'static str)],
    pub(super) family: &'static [(&'static str, &'static str)],
    pub(super) dial: &'static str,
    pub(super) country: &'static str,
    pub(super) family_first: bool,
}

/// Names as displayed, and in the letters of an e-mail address.
pub(super) const LOCALES: &[Locale] = &[
    Locale {
        given: &[
            ("Jane", "jane"),
            ("Thomas", "thomas"),
            ("Amelia", "amelia"),
            ("Oliver", "oliver"),
            ("Grace", "grace"),
            ("Seán", "sean"),
            ("Zoë", "zoe"),
            ("Marcus", "marcus"),
            ("Jean-Luc", "jeanluc"),
            ("Mary Ann", "maryann"),
            ("Robert \"Bob\"", "bob"),
            ("Li", "li"),
        ],
        family: &[
            ("Smith", "smith"),
            ("O'Brien", "obrien"),
            ("Taylor", "taylor"),
            ("Doe", "doe"),
            ("Lloyd-Jones", "lloydjones"),
            ("MacDonald", "macdonald"),
            ("Walker", "walker"),
            ("Baker", "baker"),
            ("St. John", "stjohn"),
            ("Hughes", "hughes"),
        ],
        dial: "+44",
        country: "GB",
        family_first: false,
    },
    Locale {
        given: &[
            ("Jürgen", "juergen"),
            ("Anna", "anna"),
            ("Björn", "bjoern"),
            ("Käthe", "kaethe"),
            ("Lukas", "lukas"),
            ("Sabine", "sabine"),
            ("Sören", "soeren"),
            ("Ulrike", "ulrike"),
        ],
        family: &[
            ("Müller", "mueller"),
            ("Groß", "gross"),
            ("von der Heide", "vonderheide"),
            ("Schäfer", "schaefer"),
            ("Öztürk", "oeztuerk"),
            ("Weiß", "weiss"),
            ("Krüger", "krueger"),
        ],
        dial: "+49",
        country: "DE",
        family_first: false,
    },
    Locale {
        given: &[
            ("محمد", "mohammed"),
            ("فاطمة", "fatima"),
            ("عبد الله", "abdullah"),
            ("نورة", "noura"),
            ("خالد", "khaled"),
            ("سارة", "sara"),
        ],
        family: &[
            ("العتيبي", "alotaibi"),
            ("القحطاني", "alqahtani"),
            ("الشهري", "alshehri"),
            ("الحربي", "alharbi"),
            ("الدوسري", "aldosari"),
        ],
        dial: "+966",
        country: "SA",
        family_first: false,
    },
    Locale {
        given: &[
            ("太郎", "taro"),
            ("花子", "hanako"),
            ("健一", "kenichi"),
            ("美咲", "misaki"),
            ("翔", "sho"),
        ],
        family: &[
            ("山田", "yamada"),
            ("佐藤", "sato"),
            ("鈴木", "suzuki"),
            ("高橋", "takahashi"),
            ("渡辺", "watanabe"),
        ],
        dial: "+81",
        country: "JP",
        family_first: true,
    },
    Locale {
        given: &[
            ("Ольга", "olga"),
            ("Иван", "ivan"),
            ("Наталья", "natalya"),
            ("Дмитрий", "dmitry"),
            ("Юлія", "yuliia"),
        ],
        family: &[
            ("Иванова", "ivanova"),
            ("Шевченко", "shevchenko"),
            ("Кузнецов", "kuznetsov"),
            ("Попова", "popova"),
        ],
        dial: "+380",
        country: "UA",
        family_first: false,
    },
    Locale {
        given: &[
            ("José", "jose"),
            ("María del Carmen", "mariadelcarmen"),
            ("Íñigo", "inigo"),
            ("João", "joao"),
            ("Núria", "nuria"),
            ("Renée", "renee"),
            ("François", "francois"),
        ],
        family: &[
            ("García Márquez", "garciamarquez"),
            ("Muñoz", "munoz"),
            ("da Silva", "dasilva"),
            ("Lefèvre", "lefevre"),
            ("D'Angelo", "dangelo"),
            ("Conceição", "conceicao"),
        ],
        dial: "+34",
        country: "ES",
        family_first: false,
    },
    Locale {
        given: &[
            ("Priya", "priya"),
            ("आरव", "aarav"),
            ("Lakshmi", "lakshmi"),
            ("Rahul", "rahul"),
        ],
        family: &[
            ("Sharma", "sharma"),
            ("पटेल", "patel"),
            ("Iyer", "iyer"),
            ("Nair", "nair"),
        ],
        dial: "+91",
        country: "IN",
        family_first: false,
    },
];

/// Departments, each with the spellings that people type; the first is the usual one.
pub(super) const DEPARTMENTS: &[&[&str]] = &[
    &["Support", "support", "Support ", "SUPPORT", "Suport"],
    &[
        "Customer Care",
        "Customer-Care",
        "CustomerCare",
        "customer care",
    ],
    &["Sales", "sales", "Sales  EMEA", "SALES"],
    &["Billing", "billing", "Billing & Payments"],
    &["Retention", "Customer Retention", "retention"],
    &[
        "Technical Support",
        "Tech Support",
        "Techn. Support",
        "Technical  Support",
    ],
    &["Back Office", "Backoffice", "Back-Office"],
    &["Kundenservice", "Kunden-Service", "KUNDENSERVICE"],
    &["خدمة العملاء", "خدمة  العملاء"],
    &["Human Resources", "HR", "Human resources"],
    &["Quality", "QA", "Quality Assurance"],
    &["Workforce Management", "WFM"],
    &["IT", "I.T.", "Information Technology"],
];

/// Divisions after Home; one has no name, as in real fixtures (contract 1.1).
pub(super) const DIVISIONS: &[&str] = &[
    "EMEA",
    "Americas",
    "APAC",
    "Riyadh",
    "Deutschland",
    "",
    "BPO Partner \"North\"",
    "Sales & Service",
];

/// Job titles.
pub(super) const TITLES: &[&str] = &[
    "Agent",
    "Senior Agent",
    "Team Leader",
    "Supervisor",
    "Quality Analyst",
    "Workforce Planner",
    "Trainer",
    "Head of \"Care\"",
    "Kundenberater/-in",
    "Chef d’équipe",
];

/// Certifications, free text.
pub(super) const CERTIFICATIONS: &[&str] = &[
    "GDPR 2026",
    "ISO 27001",
    "First aid",
    "PCI-DSS",
    "C2 English",
];

/// Ornaments that end up in display names.
pub(super) const ORNAMENTS: &[&str] = &["🎧", "(ext)", "👩🏽‍💻", "– BPO", "\\o/"];
