"""CSV tables: quotation marks, and the lines that messages name."""

import pytest

from lsmcal.core.csv_table import numbers, read_table
from lsmcal.core.errors import Problems

HEAD = "time,a,b\n"
UNCLOSED = 'a quotation mark (") is not closed at line 3; expected one record a line'


def read(tmp_path, text):
    problems = Problems()
    (tmp_path / "t.csv").write_text(text)
    return read_table(tmp_path / "t.csv", problems), [str(problem) for problem in problems.found]


@pytest.mark.parametrize("after", [3, 20_000])
@pytest.mark.parametrize("line", ['1,"2,3', '1,2,"3'])
def test_a_stray_quotation_mark_is_named_with_its_line(tmp_path, line, after):
    table, said = read(tmp_path, f"{HEAD}0,1,2\n{line}\n" + "1,2,3\n" * after)
    assert table is None
    assert said == [f"{tmp_path / 't.csv'}: {UNCLOSED}"]


def test_fields_in_quotes_may_go_over_lines(tmp_path):
    table, said = read(tmp_path, 'time,"a\n[m]",b\n# note\n0,"1",2\n1,x,4\n')
    assert not said and table.rows == [["0", "1", "2"], ["1", "x", "4"]]
    assert table.lines.tolist() == [4, 5]
    problems = Problems()
    assert numbers(table, "a[m]" if "a[m]" in table.header else "a", (), problems, "a") is None
    assert "not a number at line 5" in str(problems.found[0])
