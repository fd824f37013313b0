"""Digests are those of the standard, and stay what they were: files and histories of earlier versions hold them."""

import hashlib

import numpy as np

from lsmcal.core.digest import digest, digest_of_file, digest_of_parts, digest_of_text


def test_plain_values_whatever_the_order_of_their_keys():
    assert digest({"b": 1, "a": [0.1, None]}) == digest({"a": [0.1, None], "b": 1})
    assert digest({"a": 1}) == hashlib.sha256(b'{"a": 1}').hexdigest() == digest_of_text('{"a": 1}')
    assert digest({"a": 1}) != digest({"a": 1.0})


def test_arrays_and_texts_one_after_the_other():
    values = np.arange(6.0).reshape(2, 3)
    expected = hashlib.sha256(b"x" + values.T.copy().tobytes()).hexdigest()
    assert digest_of_parts(["x", values.T]) == expected != digest_of_parts(["x", values])


def test_a_file_is_its_content(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert digest_of_file(tmp_path / "a") == hashlib.sha256(b"abc").hexdigest()
