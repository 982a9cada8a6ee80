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
