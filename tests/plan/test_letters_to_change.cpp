#include "seg/plan/letters_to_change.hpp"

#include "catch.hpp"

TEST_CASE("letters to change are inserted, removed, replaced or swapped") {
  using seg::letters_to_change;
  CHECK(letters_to_change("", "") == 0);
  CHECK(letters_to_change("", "abc") == 3);
  CHECK(letters_to_change("kitten", "sitting") == 3);
  CHECK(letters_to_change("trian", "train") == 1);
  CHECK(letters_to_change("abc", "cab") == letters_to_change("cab", "abc"));
}

TEST_CASE("the nearest name is told only when at most a third of the letters differ") {
  const std::vector<std::string> names{"table", "body", "spleen"};
  CHECK(seg::nearest_word("tabel", names) == "table");
  CHECK(seg::nearest_word("splen", names) == "spleen");
  CHECK(seg::nearest_word("7", names).empty());
  CHECK(seg::nearest_word("nosuch", names).empty());
  CHECK(seg::nearest_word("7", {}).empty());
}
