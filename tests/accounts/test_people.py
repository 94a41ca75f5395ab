"""Names in any script, contacts as people type them, roles, and the last administrator."""

from __future__ import annotations

import pytest
from flask import Flask

from accounts import consents, people
from accounts.models import ContactKind, Person, Role
from foundation.db import db, write_tx
from foundation.errors import InputWrong


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Amal   Haddad ", "Amal Haddad"),
        ("Bo", "Bo"),
        ("أمل حداد", "أمل حداد"),
        ("王小明", "王小明"),
        ("Zoe 🌻", "Zoe 🌻"),
        ("Eve\r\nBcc: all@example.org", "Eve Bcc: all@example.org"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("Jose\u0301", "José"),
        ("\ud800x", "x"),
        ("نام\u200cخانوادگی", "نام\u200cخانوادگی"),
    ],
)
def test_a_name_in_any_script_stays_on_one_line(typed: str, kept: str) -> None:
    assert people.clean_name(typed) == kept


@pytest.mark.parametrize("typed", ["", "  ", "\x00\r\n", "\u200b\u202e", "x" * 10_000])
def test_no_name_and_too_long_a_name_are_refused_at_the_field(app: Flask, typed: str) -> None:
    with app.app_context(), pytest.raises(InputWrong) as no:
        people.clean_name(typed)
    assert no.value.field == "name"


@pytest.mark.parametrize(
    ("typed", "region", "kept"),
    [
        ("600 111 222", "ES-MD", "+34600111222"),
        ("+34 600-111-222", "", "+34600111222"),
        ("٦٠٠١١١٢٢٢", "ES", "+34600111222"),
        ("0151 23456789", "DE", "+4915123456789"),
    ],
)
def test_phone_numbers_have_one_spelling(typed: str, region: str, kept: str) -> None:
    assert people.normal_phone(typed, region) == kept


@pytest.mark.parametrize(
    ("typed", "region"), [("600 111 222", ""), ("12", "ES"), ("x" * 9000, "ES"), ("call me", "ES")]
)
def test_what_is_no_phone_number_is_refused_at_the_field(app: Flask, typed: str, region: str) -> None:
    with app.app_context(), pytest.raises(InputWrong) as no:
        people.normal_phone(typed, region)
    assert no.value.field == "phone"


@pytest.mark.parametrize(
    "typed", ["", "bo", "bo@", "bo@localhost", "b\no@x.org", "x" * 9000 + "@x.org", "\ud800@x.org", "a b@x.org"]
)
def test_what_is_no_address_is_refused_and_nobody_s(app: Flask, typed: str) -> None:
    with app.app_context():
        with pytest.raises(InputWrong) as no:
            people.normal_email(typed)
        assert no.value.field == "email"
        assert people.find_by_email(typed) is None
        assert people.find_for_sign_in(typed) is None


def test_a_guest_s_address_is_nobody_s_account_until_it_is_proven(app: Flask) -> None:
    with app.app_context():
        with write_tx():
            first = people.register_guest("Bo", "en", "Bo@Example.org", "600 111 222", "ES")
            second = people.register_guest("Bo again", "xx", "bo@example.org")
            assert second.language == "en"
        assert people.find_by_email("bo@example.org") is None
        contact = people.find_for_sign_in(" BO@example.org ")
        assert contact is not None and contact.person_id == first.id
        with write_tx():
            people.prove(contact)
        assert people.find_by_email("bo@example.org") == first and not first.guest
        assert people.same_person_ids(first) == [first.id, second.id]
        with write_tx(), pytest.raises(people.AddressTaken):
            people.prove(second.contacts[0])


def test_the_same_contact_is_not_kept_twice(app: Flask) -> None:
    with app.app_context(), write_tx():
        person = people.register_guest("Bo", "en")
        one = people.add_contact(person, ContactKind.PHONE, "+34600111222")
        assert people.add_contact(person, "phone", "600 111 222", "ES") is one


def test_the_last_administrator_can_not_go(app: Flask) -> None:
    with app.app_context():
        with write_tx():
            ada = people.create_staff("Ada", "ada@example.org", "en", [(Role.ADMIN, None)])
        for act in (people.leave, lambda person: people.revoke(person, Role.ADMIN, None)):
            with pytest.raises(people.LastAdmin), write_tx():
                act(db.session.get_one(Person, ada.id))
        with write_tx():
            people.create_staff("Eve", "eve@example.org", "en", [(Role.ADMIN, None)])
        with write_tx():
            people.leave(ada)
        assert not ada.active and ada.grants == [] and ada.sign_in_version == 2
        with write_tx():
            assert people.create_staff("Ada again", "ada@example.org", "en", [(Role.OPERATOR, None)]) is ada
        assert ada.active and ada.left_at is None


def test_a_consent_is_given_once_and_withdrawn_not_deleted(app: Flask) -> None:
    with app.app_context():
        with write_tx():
            bo = people.register_guest("Bo", "en")
            first = consents.give(bo, "reminders", "1")
            assert consents.give(bo, "reminders", "1") is first
            second = consents.give(bo, "reminders", "2")
            consents.withdraw(bo, "reminders")
        assert first.withdrawn_at and second.withdrawn_at and consents.current(bo, "reminders") is None
