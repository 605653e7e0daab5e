"""Brand kits: validation names file and field; the digest follows content, not place."""

import pickle
import shutil
from pathlib import Path

import pytest

from localizer.brand import BrandKit, ModelPolicy, TranslationPolicy, TranslatorChoice, load_brand
from localizer.checks.copy_policy import check_copy_policy
from localizer.errors import BrandError
from localizer.model import Action, CheckStatus, Edit, Job

KIT = """
name: Acme
fonts: [fonts/Acme.ttf]
glossary:
  zh-CN: {Sale: 特惠}
  no: {Sale: Salg}
do_not_translate: [Acme, 618]
forbidden:
  "*": [best]
  pt-br: [melhor]
thresholds: {legible_contrast: 4.5, legible_cap_height: 12}
engines: [typeset, openai]
""".replace("[Acme, 618]", '[Acme, "618"]')


@pytest.fixture(scope="module")
def font() -> Path:
    import fontpkg_noto_sans

    return next(Path(fontpkg_noto_sans.__path__[0]).rglob("*.ttf"))


def write(folder: Path, content: str, font: Path | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "fonts").mkdir(exist_ok=True)
    if font:
        shutil.copy(font, folder / "fonts/Acme.ttf")
    path = folder / "brand.yaml"
    path.write_text(content, encoding="utf-8")
    return path


def test_a_full_kit(tmp_path, font):
    kit = load_brand(write(tmp_path, KIT, font))
    assert kit.name == "Acme"
    assert kit.fonts == (str(tmp_path / "fonts/Acme.ttf"),)
    assert kit.glossary == {"zh-Hans": {"Sale": "特惠"}, "no": {"Sale": "Salg"}}
    assert kit.do_not_translate == ("Acme", "618")
    assert kit.forbidden == {"*": ("best",), "pt-BR": ("melhor",)}
    assert kit.thresholds == {"legible_contrast": 4.5, "legible_cap_height": 12.0}
    assert kit.engines == ("typeset", "openai")
    assert pickle.loads(pickle.dumps(kit)) == kit  # noqa: S301


def test_the_default_kit_is_stable_and_an_empty_file_is_it(tmp_path):
    assert load_brand(None) == BrandKit() == load_brand(write(tmp_path, "# nothing yet\n"))
    # A change of this value would make every cached result of kit-less runs stale.
    assert BrandKit().digest == "aaf34357f4781e8eff00b5ae2b0c13814920ba8fc32c914c751a3a53471acd12"


def test_the_digest_follows_content_and_font_bytes_but_not_the_place(tmp_path, font):
    here = load_brand(write(tmp_path / "a", KIT, font))
    there = load_brand(write(tmp_path / "b", "# moved\n" + KIT, font))
    assert here.fonts != there.fonts
    assert here.digest == there.digest
    with (tmp_path / "b/fonts/Acme.ttf").open("ab") as file:
        file.write(b"\0")
    assert load_brand(tmp_path / "b/brand.yaml").digest != here.digest
    assert load_brand(write(tmp_path / "a", KIT.replace("melhor", "maior"), font)).digest != here.digest


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("nmae: Acme", "/nmae: is not known; did you mean 'name'"),
        ("name: 5", "/name: 5 is not of type 'string'"),
        ("fonts: Acme.ttf", "/fonts"),
        ("fonts: [fonts/none.ttf]", r"/fonts/0: font .*none\.ttf cannot be read"),
        ("fonts: [brand.yaml]", "/fonts/0: .*not a TTF"),
        ("fonts: [fonts]", "/fonts/0"),
        ("glossary: {klingonish: {a: b}}", "/glossary/klingonish"),
        ("glossary: {zh: {a: b}, zh-CN: {a: c}}", "zh-Hans is there twice"),
        ("glossary: {ja: {a: 5}}", "/glossary/ja/a"),
        ("glossary: {'*': {a: b}}", r"/glossary/\*"),
        ("do_not_translate: [618]", "/do_not_translate/0: 618 is not of type"),
        ("forbidden: {ja: 最高}", "/forbidden/ja"),
        ("thresholds: {legible_contrast: high}", "/thresholds/legible_contrast"),
        ("thresholds: {legible_contrast: .nan}", "finite"),
        ("thresholds: {legible_contrast: true}", "/thresholds/legible_contrast"),
        ("thresholds: {Legible Contrast: 1}", "/thresholds"),
        ("engines: [typeset, typeset]", "/engines"),
        ('engines: ["os:abort"]', "/engines"),  # a kit comes from outside: it names engines, it runs no code
        ("glossary: {und: {a: b}}", "/glossary/und: names no language"),
        ("forbidden: {und-Klingonish: [a]}", "/forbidden/und-Klingonish"),
        ("name: a\nname: b", "'name' is there twice"),
        ("[1, 2]", "mapping"),
        ("a: [", "valid YAML"),
        ("!!python/object/apply:os.system [ls]", "valid YAML"),
    ],
)
def test_a_wrong_kit_is_named_by_file_and_field(tmp_path, content, message):
    path = write(tmp_path, content)
    with pytest.raises(BrandError, match=message) as caught:
        load_brand(path)
    assert str(path) in str(caught.value)


def test_a_missing_or_undecodable_file(tmp_path):
    with pytest.raises(BrandError, match=r"none\.yaml"):
        load_brand(tmp_path / "none.yaml")
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BrandError, match="UTF-8"):
        load_brand(tmp_path / "b.yaml")


def test_rights_what_is_forbidden_and_how_a_model_is_used(tmp_path):
    path = write(
        tmp_path,
        "rights: licensed\nforbid: [add_text, logo]\n"
        "model: {method: hybrid, longest_text: 12, whole_image: true, tiers: [fast, full]}\n",
    )
    kit = load_brand(path)
    assert (kit.rights, kit.forbid) == ("licensed", ("add_text", "logo"))
    assert kit.model == ModelPolicy("hybrid", 12, True, ("fast", "full"))
    assert load_brand(write(tmp_path, "model: {whole_image: no}")).model == ModelPolicy()
    assert pickle.loads(pickle.dumps(kit)) == kit  # noqa: S301


def test_the_digest_counts_the_later_fields_only_where_they_say_something():
    before = BrandKit(name="Acme").digest
    assert (
        before == "fd9e970c64bbcde11a301da29fbef08db64ecebad78368f5d76fab5afd7f658b"
    )  # as before there were such fields
    changed = [
        BrandKit(name="Acme", rights="own"),
        BrandKit(name="Acme", forbid=("logo",)),
        BrandKit(name="Acme", model=ModelPolicy(method="model")),
        BrandKit(name="Acme", model=ModelPolicy(tiers=("full",))),
    ]
    assert BrandKit(name="Acme", rights="", forbid=(), model=ModelPolicy()).digest == before
    assert len({before, *(kit.digest for kit in changed)}) == 5


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("rights: maybe", "/rights"),
        ("forbid: [remove_objct]", "/forbid/0: .*did you mean 'remove_object'"),
        ("forbid: logo", "/forbid"),
        ("model: {method: magic}", "/model/method"),
        ("model: {longest_text: -1}", "/model/longest_text"),
        ("model: {whole_image: 1}", "/model/whole_image"),
        ("model: {tiers: []}", "/model/tiers"),
        ("model: {tiers: [quick]}", "/model/tiers/0"),
        ("model: {steps: 4}", "/model/steps: is not known"),
    ],
)
def test_a_wrong_policy_is_named_by_file_and_field(tmp_path, content, message):
    with pytest.raises(BrandError, match=message):
        load_brand(write(tmp_path, content))


def test_a_folder_stands_for_its_kit(tmp_path, font):
    path = write(tmp_path / "acme", KIT, font)
    assert load_brand(tmp_path / "acme") == load_brand(path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(BrandError, match=r"empty/brand\.yaml: cannot be read \(No such file"):
        load_brand(tmp_path / "empty")


TRANSLATION = """
translation:
  translators:
    "*": [chat, {name: nllb, parameters: {model: org/m, revision: 2024-01-01x, beams: 4, half: true}}]
    pt: [opus-mt]
    de: []
  least_similar: 0.9
  style: {"*": Calm., fr: Vouvoiement.}
  brief: Skincare.
"""


def test_who_drafts_copy(tmp_path):
    policy = load_brand(write(tmp_path, TRANSLATION)).translation
    nllb = TranslatorChoice("nllb", {"model": "org/m", "revision": "2024-01-01x", "beams": 4, "half": True})
    assert policy.translators_for("ja") == (TranslatorChoice("chat"), nllb)
    assert policy.translators_for("pt-BR") == (TranslatorChoice("opus-mt"),)
    assert policy.translators_for("de-AT") == ()  # nobody, although others have somebody
    assert (policy.least_similar, policy.brief) == (0.9, "Skincare.")
    assert [policy.style_for(locale) for locale in ("fr-CA", "ja")] == ["Vouvoiement.", "Calm."]
    assert TranslationPolicy().translators_for("ja") == ()
    assert TranslationPolicy().style_for("ja") == ""


def test_who_drafts_copy_leaves_done_images_done(tmp_path):
    assert load_brand(write(tmp_path, "name: Acme\n" + TRANSLATION)).digest == BrandKit(name="Acme").digest


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("translators: {ja: chat}", "/translation/translators/ja"),
        ("translators: {ja: ['os:abort']}", "/translation/translators/ja/0"),  # a kit runs no code
        ("translators: {ja: [{parameters: {}}]}", "/translation/translators/ja/0: 'name' is a required"),
        ("translators: {ja: [{name: chat, url: x}]}", "/translation/translators/ja/0/url: is not known"),
        ("translators: {ja: [chat, chat]}", "/translation/translators/ja"),
        ("translators: {klingonish: [chat]}", "/translation/translators/klingonish"),
        ("translators: {ja: [chat], ja-JP-x: [chat]}", "/translation/translators/ja-JP-x"),
        ("translators: {und: [chat]}", "names no language"),
        ("translators: {ja: [{name: chat, parameters: {api_key: x}}]}", "/api_key: looks like a credential"),
        (
            "translators: {ja: [{name: chat, parameters: {t: .nan}}]}",
            "/parameters/t: must be a finite number",
        ),
        ("translators: {ja: [{name: chat, parameters: {t: 2024-01-01}}]}", "/parameters/t"),
        ("least_similar: 0.2", "/translation/least_similar"),
        ("least_similar: .nan", "/translation/least_similar: must be a finite number"),
        ("style: {ja: ''}", "/translation/style/ja"),
        ("brief: 5", "/translation/brief"),
        ("tone: calm", "/translation/tone: is not known"),
    ],
)
def test_a_wrong_translation_policy_is_named_by_file_and_field(tmp_path, content, message):
    path = write(tmp_path, f"translation: {{{content}}}")
    with pytest.raises(BrandError, match=message) as caught:
        load_brand(path)
    assert str(path) in str(caught.value)


def test_terms_and_forbidden_words_of_a_locale():
    kit = BrandKit(
        glossary={"pt": {"Sale": "Promoção", "New": "Novo"}, "pt-BR": {"Sale": "Liquidação"}},
        forbidden={
            "*": ("a",),
            "pt": ("b",),
            "pt-BR": ("c",),
            "und-BR": ("d",),
            "und-CN": ("e",),
            "es": ("f",),
        },
    )
    assert kit.glossary_for("pt-BR") == {"Sale": "Liquidação", "New": "Novo"}
    assert kit.glossary_for("pt") == {"Sale": "Promoção", "New": "Novo"}
    assert kit.glossary_for("ja") == {}
    assert kit.forbidden_in("pt-BR") == ("c", "b", "a", "d")
    assert kit.forbidden_in("pt-PT") == ("b", "a")
    assert kit.forbidden_in("pt") == ("b", "a", "d")  # spoken most in Brazil
    assert kit.forbidden_in("zh-Hans") == ("a", "e")
    assert kit.forbidden_in("zh-Hant") == ("a",)
    assert kit.forbidden_in("en-CN") == ("a", "e")
    assert kit.forbidden_in("und") == ("a",)


@pytest.mark.parametrize(
    ("locale", "copy", "status"),
    [
        ("zh-Hans", "最佳礼物", CheckStatus.FAILED),
        ("en-CN", "The best gifts", CheckStatus.FAILED),
        ("en", "The best gifts", CheckStatus.PASSED),
        ("zh-Hant", "最佳禮物", CheckStatus.PASSED),
    ],
)
def test_a_market_s_words_are_found_in_any_language(tmp_path, locale, copy, status):
    kit = load_brand(write(tmp_path, "forbidden: {und-CN: [最佳, best]}\n"))
    edit = Edit(Action.ADD_TEXT, "", copy)
    job = Job("k", "p", locale, "und", "s", "s", (edit,))
    assert check_copy_policy(job, kit).status is status


def test_aliases_are_refused(tmp_path):
    """A few lines of them would be gigabytes once they are written out."""
    laughs = "\n".join(f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))
    path = write(tmp_path, f"do_not_translate: &a0 [lol]\nglossary:\n{laughs}\n")
    with pytest.raises(BrandError, match=r"brand\.yaml: is not valid YAML: the alias \*a0"):
        load_brand(path)


@pytest.mark.parametrize(
    "name", ["../Acme.ttf", "fonts/../../Acme.ttf", "/etc/passwd", "link.ttf", "a\\0b.ttf"]
)
def test_fonts_lie_in_the_kit_s_folder(tmp_path, font, name):
    shutil.copy(font, tmp_path / "Acme.ttf")
    path = write(tmp_path / "kit", f'fonts: ["{name}"]\n')
    (path.parent / "link.ttf").symlink_to(tmp_path / "Acme.ttf")
    with pytest.raises(BrandError, match=r"/fonts/0: font .*(outside the brand kit's folder|cannot be read)"):
        load_brand(path)


@pytest.mark.parametrize("target", ["/dev/zero", "/dev/stdin"])
def test_a_kit_that_never_ends_or_never_begins(tmp_path, target):
    (tmp_path / "brand.yaml").symlink_to(target)
    with pytest.raises(BrandError, match="not a file"):
        load_brand(tmp_path / "brand.yaml")
    path = write(tmp_path / "kit", "fonts: [font.ttf]\n")
    (path.parent / "font.ttf").symlink_to(target)
    with pytest.raises(BrandError, match=r"outside|not a file"):
        load_brand(path)


def test_a_large_kit_is_read_in_a_process_of_its_own_and_a_larger_one_not_at_all(tmp_path, monkeypatch):
    terms = "\n".join(f"- term {n}" for n in range(30_000))
    assert len(load_brand(write(tmp_path, f"do_not_translate:\n{terms}\n")).do_not_translate) == 30_000
    with pytest.raises(BrandError, match=r"brand\.yaml: is not valid YAML"):
        load_brand(write(tmp_path, f"do_not_translate:\n{terms}\n  x: [\n"))
    with pytest.raises(BrandError, match="larger than 8 MiB"):
        load_brand(write(tmp_path, "#" * (9 << 20)))


def test_bottomless_nesting(tmp_path):
    for bomb in ("[" * 100_000, "{a: " * 100_000, "- " * 100_000, "? " * 100_000):
        with pytest.raises(BrandError, match="not valid YAML"):
            load_brand(write(tmp_path, f"do_not_translate: {bomb}"))
