"""Names of persons: case, surnames, name order and the spellings that the news mixes."""

import re
from difflib import SequenceMatcher

from .records import UNDECOMPOSED, add_alias, alias, ascii_letters, fold, tokens

PARTICLES = {"von", "van", "der", "den", "de", "del", "della", "di", "da", "do", "dos", "das", "du", "la", "le", "el", "al", "bin",
             "ibn", "ben", "bint", "ould", "ter", "ten", "zu", "af", "y", "e", "i", "of", "st.", "mac", "san", "santa"}
# A surname of the news keeps these before it ("von der Leyen", "de Gaulle", "bin Salman").
KEPT_PARTICLES = {"von", "van", "der", "den", "de", "della", "di", "da", "del", "du", "la", "le", "bin", "ben", "ter", "ten", "st.",
                  "ould", "dos", "do", "el", "al"}
SUFFIXES = {"jr", "jr.", "sr", "sr.", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiv", "xvi"}
SPANISH = {"AR", "BO", "CL", "CO", "CR", "CU", "DO", "EC", "ES", "GT", "HN", "MX", "NI", "PA", "PE", "PR", "PY", "SV", "UY", "VE",
           "GQ", "AD"}
KOREAN = set("""Kim Lee Park Choi Choe Jung Jeong Chung Kang Cho Jo Yoon Yun Jang Chang Lim Im Rim Han Oh O Seo Suh Shin Sin Kwon Hwang
Ahn An Song Ryu Yoo Yu Ryoo Hong Jeon Jun Chun Ko Koh Go Moon Mun Yang Son Sohn Bae Pae Baek Paik Back Heo Hur Ho Nam Sim Shim Roh Noh Ro
No Ha Gwak Kwak Sung Seong Cha Joo Ju Chu Woo U Ku Koo Gu Min Ryang Na Ra Jin Chin Ji Chi Um Eom Won Bang Pang Kong Gong Hyun Hyon Ham
Yeom Yom Byun Pyon Chae Do To Ri Rhee Yi I Pak Kye Paek Ro Thae Tae Ban Pyo Ki Wang Maeng Myung Myong Cheong Eun Kil Gil Yeo Yo Mo
Suk Seok Tak Sun Seon So Sol Seol Ma Ok Wi You Hwangbo Namgung""".split())
CHINESE = set("""Ai An Bai Ban Bao Bei Bi Bian Bo Bu Cai Cao Cen Chai Chan Chang Chao Che Chen Cheng Cheung Chi Chiang Chien Chin Ching
Chiu Cho Chou Chow Chu Chui Chun Chung Cong Cui Dai Dang Deng Di Ding Dong Dou Du Duan Fan Fang Fei Feng Fok Fong Fu Fung Gan Gao Ge Geng
Gong Gu Guan Gui Guo Hai Han Hang Hao He Heng Ho Hong Hou Hsiao Hsieh Hsu Hu Hua Huang Hui Hung Huo Ip Ji Jia Jian Jiang Jiao Jin Jing Ju
Kan Kang Ke Ko Kong Kou Ku Kuan Kung Kuo Kwan Kwok Lai Lam Lan Lang Lao Lau Law Le Lee Lei Leng Leong Leung Li Lian Liang Liao Lien Lim
Lin Ling Liu Lo Loh Long Lou Lu Lui Luk Luo Lv Ma Mai Man Mao Mei Meng Mi Miao Ming Mo Mok Mu Na Ng Ni Nie Ning Niu Ong Ou Ouyang Pan Pang
Pei Peng Pi Ping Poon Pu Qi Qian Qiang Qiao Qin Qiu Qu Quan Que Ran Rao Ren Rong Ruan Rui Sha Shan Shang Shao Shen Sheng Shi Shih Shu
Shuai Shum Si Sima Siu So Song Su Suen Sun Sung Sze Szeto Tai Tam Tan Tang Tao Teng Tian Tien To Tong Tsai Tsang Tse Tseng Tso Tsui Tu
Tung Ung Wan Wang Wei Wen Weng Wong Woo Wu Xi Xia Xiang Xiao Xie Xin Xing Xiong Xu Xuan Xue Yan Yang Yao Ye Yeh Yen Yeo Yeung Yi Yim Yin
Ying Yip Yiu You Yu Yuan Yue Yuen Yun Yung Zang Zeng Zha Zhai Zhan Zhang Zhao Zhen Zheng Zhong Zhou Zhu Zhuang Zhuo Zong Zou Zuo Goh
Teo Tay Heng Chua Koh Khaw Chee Gan Quek Toh Soon Kwong Hau Fan Hsueh Kao Ting Chan""".split())


def normal_case(word):
    """`SASSOU-Nguesso` as `Sassou-Nguesso`, `EL-SISI` as `el-Sisi`, `McCALL` as `McCall`."""
    def part(text):
        if len(text) < 2 or not text.isupper() or text in ("II", "III", "IV", "VI", "VII", "VIII", "XIV", "XVI", "IX"):
            return text
        if "'" in text or "’" in text:
            return re.sub(r"[^'’]+", lambda m: m.group(0).capitalize(), text)
        return text.capitalize()

    pieces = [part(p) for p in word.split("-")]
    if len(pieces) > 1 and pieces[0].lower() in ("al", "el", "es", "ash"):
        pieces[0] = pieces[0].lower()
    return "-".join(pieces)


def given_names(people):
    """How often each word stands first and elsewhere in names: tells a second given name from a first surname."""
    first, later = {}, {}
    for name in people:
        words = name.split()
        if len(words) > 1:
            first[words[0]] = first.get(words[0], 0) + 1
            for word in words[1:]:
                later[word] = later.get(word, 0) + 1
    return {w for w, n in first.items() if n >= 3 and n > later.get(w, 0) * 0.7}


def surnames(name, country, given):
    """The family names under which the news names the person again; empty where it is simply the last word."""
    words = name.replace(",", "").split()
    while len(words) > 2 and words[-1].lower() in SUFFIXES:
        words = words[:-1]
        return surnames(" ".join(words), country, given) or [words[-1]]
    if len(words) == 2 and words[-1].lower().rstrip(".") in SUFFIXES:
        return [words[0]]
    if len(words) < 2:
        return []
    last, found = words[-1], []
    if country in ("KR", "KP") and words[0] in KOREAN and (len(words) == 3 or len(words) == 2 and (
            "-" in last or last not in KOREAN)):
        return [words[0]]
    if country in ("CN", "TW", "HK", "MO", "SG"):
        if words[0] in CHINESE and (len(words) == 2 and (country in ("CN", "TW", "MO") or "-" in last) or len(words) == 3
                                    and words[1] not in ("Chun-ying",) and "." not in name):
            return [words[0]]
        if len(words) >= 3 and ("-" in last or country == "HK") and words[1] in CHINESE:
            return [words[1]]
    start = len(words) - 1
    while start > 1 and words[start - 1].lower() in KEPT_PARTICLES:
        start -= 1
    if start < len(words) - 1:
        particle = " ".join(words[start:])
        found.append(particle)
        if words[start].lower() in ("al", "el", "de", "du", "da", "dos", "do", "bin", "la", "le"):
            found.append(words[-1])
    lowered = last.lower()
    for article in ("al-", "el-", "ash-", "as-", "ad-", "an-", "at-", "ar-", "az-"):
        if lowered.startswith(article) and len(last) > len(article) + 2:
            found.append(last)
            found.append(last[len(article):])
            if article != "al-":
                found.append("al-" + last[len(article):])
    if country in SPANISH and len(words) >= 3 and not found:
        body = [w for w in words]
        first = 1
        while first < len(body) - 1 and (body[first] in given or body[first].endswith(".") or body[first].lower() in
                                         ("del", "de", "la", "los") and first + 2 < len(body)):
            first += 1
        rest = body[first:]
        if len(rest) >= 2:
            found = [" ".join(rest)]
            if rest[0].lower() not in PARTICLES:
                found.append(rest[0])
            else:
                found.append(" ".join(rest[:2]))
            # Some are known by the second family name alone (Zapatero, Kirchner).
            found.append(rest[-1])
    return list(dict.fromkeys(found))


# Given names that English spells in several ways, by the script they come from.
CYRILLIC = [
    {"Sergei", "Sergey", "Serhiy", "Serhii", "Siarhei", "Sergii"}, {"Andrei", "Andrey", "Andriy", "Andrii"},
    {"Dmitry", "Dmitri", "Dmitriy", "Dmytro", "Dmitrii"}, {"Yuri", "Yury", "Yuriy", "Yurii", "Iurii"},
    {"Alexander", "Aleksandr", "Alexandr", "Oleksandr", "Alyaksandr", "Aleksander"}, {"Alexei", "Alexey", "Aleksei", "Aleksey", "Oleksiy",
                                                                                    "Oleksii"},
    {"Mikhail", "Mykhailo", "Mykhaylo"}, {"Nikolai", "Nikolay", "Mykola"}, {"Vasily", "Vasili", "Vasiliy", "Vassily"},
    {"Valery", "Valeri", "Valeriy", "Valerii"}, {"Anatoly", "Anatoli", "Anatoliy", "Anatolii"},
    {"Evgeny", "Yevgeny", "Yevgeni", "Evgeniy", "Yevgeniy", "Evgeni", "Yevhen"}, {"Gennady", "Gennadi", "Gennadiy", "Gennadii"},
    {"Grigory", "Grigori", "Grigoriy"}, {"Arkady", "Arkadi", "Arkadiy"}, {"Vitaly", "Vitali", "Vitaliy", "Vitalii"},
    {"Igor", "Ihor"}, {"Vladimir", "Volodymyr", "Uladzimir"}, {"Viktor", "Victor", "Viktar"}, {"Pavel", "Pavlo"}, {"Pyotr", "Petro", "Petr"},
    {"Olexandr", "Oleksandr"}, {"Ilya", "Illia", "Ilia"}, {"Denis", "Denys"}, {"Maxim", "Maksim", "Maksym"}, {"Artyom", "Artem"},
    {"Fyodor", "Fedor"}, {"Yulia", "Yuliya", "Iuliia", "Julia", "Yuliia"}, {"Maria", "Mariya"}, {"Natalia", "Natalya", "Nataliya", "Nataliia"},
    {"Tatyana", "Tatiana"}, {"Ksenia", "Kseniya"}, {"Elena", "Yelena", "Olena"}, {"Matviyenko", "Matvienko"},
    {"Arseniy", "Arseny", "Arsenii"}, {"Leonid", "Leonyd"}, {"Konstantin", "Kostyantyn"}, {"Sergio"}, {"Rustem", "Rustam"},
]
ARABIC = [
    {"Mohammed", "Mohammad", "Muhammad", "Mohamed", "Muhammed", "Mohamad"}, {"Ahmed", "Ahmad"}, {"Hussein", "Hussain", "Husayn", "Hossein",
                                                                                               "Husain", "Hosein"},
    {"Abdullah", "Abdallah", "Abdulla"}, {"Yousef", "Yusuf", "Youssef", "Yousuf", "Yusef", "Yousif"}, {"Khalid", "Khaled"}, {"Omar", "Umar"},
    {"Said", "Saeed", "Sayeed", "Saïd"}, {"Ibrahim", "Ebrahim"}, {"Mustafa", "Mostafa", "Moustafa"}, {"Mahmoud", "Mahmud", "Mahmood"},
    {"Hassan", "Hasan"}, {"Osama", "Usama"}, {"Faisal", "Faysal", "Feisal"}, {"Nouri", "Nuri"}, {"Abdel", "Abdul", "Abd"},
    {"Sami", "Samy"}, {"Karim", "Kareem"}, {"Rashid", "Rasheed", "Rachid"}, {"Tariq", "Tarek", "Tareq", "Tarik"}, {"Jamal", "Gamal"},
    {"Walid", "Waleed"}, {"Saleh", "Salih"}, {"Suleiman", "Sulaiman", "Sulayman", "Soliman"}, {"Nasser", "Nasir", "Naser"},
    {"Adel", "Adil"}, {"Qassem", "Qasim", "Kassem", "Qasem", "Ghasem"}, {"Ismail", "Esmail", "Ismael"}, {"Zayed", "Zayid"},
    {"Haider", "Haidar", "Hayder"}, {"Fouad", "Fuad"}, {"Bashar", "Bachar"}, {"Moqtada", "Muqtada"}, {"Javad", "Jawad"},
]
ARABIC_COUNTRIES = set("DZ BH EG IQ IR JO KW LB LY MA MR OM PS QA SA SD SO SY TN AE YE AF PK BD TR DJ KM NG ML NE TD SN GM MV MY".split())
# Where the news writes the article both ways: al-Sisi, el-Sisi.
ARTICLE_BOTH_WAYS = set("DZ EG LB LY MA MR SD TN".split())
CYRILLIC_COUNTRIES = set("RU UA BY KZ KG UZ TJ TM AM AZ GE MD BG".split())


# One spelling for all of a family, so that "Ahmad Awad" and "Ahmed Awad" meet.
CANONICAL = {fold(word): fold(min(family)) for family in ARABIC + CYRILLIC for word in family}


def plain_tokens(name):
    """The folded words of a name, without articles, given names in one spelling."""
    return [CANONICAL.get(t, t) for t in tokens(name) if t not in ("al", "el")]


# Forms that only Ukrainian or Belarusian names take.
UKRAINIAN = set("Serhiy Serhii Sergii Andriy Andrii Dmytro Oleksandr Olexandr Oleksiy Oleksii Mykhailo Mykhaylo Mykola Yevhen Vitalii Ihor "
                "Volodymyr Petro Pavlo Illia Denys Maksym Yuliia Nataliia Olena Kostyantyn Yurii Arsenii Gennadii Anatolii Valerii".split())
BELARUSIAN = {"Siarhei", "Uladzimir", "Viktar", "Alyaksandr"}


def spelling_variants(name, country):
    """Other spellings of a name in Latin letters; materially different ones only."""
    families = (CYRILLIC if country in CYRILLIC_COUNTRIES else []) + (ARABIC if country in ARABIC_COUNTRIES else [])
    words, variants = name.split(), []
    for position, word in enumerate(words[:-1] or []):
        for family in families:
            if word in family:
                for other in sorted(family - {word}):
                    if other in UKRAINIAN and country != "UA" or other in BELARUSIAN and country != "BY":
                        continue
                    variants.append(" ".join(words[:position] + [other] + words[position + 1:]))
    if country in ARTICLE_BOTH_WAYS:
        for position, word in enumerate(words[1:], 1):
            other = {"al-": "el-", "el-": "al-"}.get(word[:3])
            if other:
                variants.append(" ".join(words[:position] + [other + word[3:]] + words[position + 1:]))
    if country in CYRILLIC_COUNTRIES and len(words) > 1:
        last = words[-1]
        for ending in ("skyy", "skiy", "skyi", "skii", "sky", "ski"):
            if last.endswith(ending):
                stem = last[:-len(ending)]
                for other in ("sky", "skyy", "skiy", "skyi", "ski"):
                    if other != ending:
                        variants.append(" ".join(words[:-1] + [stem + other]))
                break
    plain = ascii_letters(name)
    if any(c in name for c in map(chr, UNDECOMPOSED)):
        variants.append(plain)
    if re.search("[äöüÄÖÜ]", name) and country in ("DE", "AT", "CH", "LI"):
        variants.append(name.translate(str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})))
    if re.search("[øåØÅ]", name):
        variants.append(name.replace("ø", "oe").replace("å", "aa").replace("Ø", "Oe").replace("Å", "Aa"))
    own, kept = {fold(name)}, []
    for variant in variants:
        if fold(variant) not in own:
            own.add(fold(variant))
            kept.append(variant)
    return kept


TITLE = re.compile(r"(King|Queen|Prince|Princess|Sheikh|Pope|Lord|Lady|Baroness|Sir|Dame|Mullah|Ayatollah|Emperor|Sultan|Crown|Archbishop) ")


def likely_same(key, own):
    """Whether a family name's key is another spelling of one of the person's own: the same first letter, alike besides."""
    return any(key[:1] == o[:1] and SequenceMatcher(None, key, o).ratio() >= 0.6 for o in own)


def dress(person, given, variants=True):
    """Adds the surname and the other spellings to a finished official's record."""
    country = person["tenures"][-1]["country"] if person["tenures"] else person["country"]
    name = re.sub(r"\s*\([^)]*\)", "", person["name"])
    has_surname = any(a["type"] == "surname" for a in person["aliases"])
    if not has_surname:
        for text in surnames(name, country, given.get(country, set())):
            add_alias(person, alias(text, "surname"))
    # A family name spelled otherwise in another spelling of the whole name (Zelensky, Choi).
    own = {fold(a["text"]) for a in person["aliases"] if a["type"] == "surname"} or {fold(name.split()[-1])}
    for a in [a for a in person["aliases"] if a["type"] == "transliteration"]:
        words = a["text"].split()
        if len(words) < 2 or TITLE.match(a["text"]) or words[-1].lower().rstrip(".") in SUFFIXES:
            continue
        for text in surnames(a["text"], country, given.get(country, set())) or [words[-1]]:
            if fold(text) not in own and likely_same(fold(text), own):
                own.add(fold(text))
                add_alias(person, alias(text, "surname"))
    if variants:
        for variant in spelling_variants(name, country):
            add_alias(person, alias(variant, "transliteration"))
        if country == "JP" and len(name.split()) == 2:
            first, last = name.split()
            add_alias(person, alias(f"{last} {first}", "transliteration"))
