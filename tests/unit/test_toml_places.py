from dj_cadence.settings.toml_positions import nearest_place, toml_places

TEXT = '''\
name = "x"   # [not a table]
  send_at = "08:30"
text = """
name = "inside a text"
[web]
"""
[web]
address = "http://x"
"quoted key" = 1
[ channels . email ]
notifier = "smtp"
options.deep = 1
list = [
  "a = 1",
]
[channels."wx"]
notifier = {name = "y"}
'''


def test_tables_and_keys_have_places() -> None:
    assert toml_places(TEXT) == {
        ("name",): "1:1",
        ("send_at",): "2:3",
        ("text",): "3:1",
        ("web",): "7:2",
        ("web", "address"): "8:1",
        ("web", "quoted key"): "9:1",
        ("channels", "email"): "10:3",
        ("channels", "email", "notifier"): "11:1",
        ("channels", "email", "options", "deep"): "12:1",
        ("channels", "email", "list"): "13:1",
        ("channels", "wx"): "16:2",
        ("channels", "wx", "notifier"): "17:1",
    }


def test_what_has_no_place_stands_at_the_nearest_table() -> None:
    places = toml_places(TEXT)

    assert nearest_place(places, ("channels", "wx", "notifier", "name")) == "17:1"
    assert nearest_place(places, ("web", "missing")) == "7:2"
    assert nearest_place(places, ("missing",)) == "1:1"
