#include "catch.hpp"
#include "time_left.hpp"

using seg::app::time_left_text;

TEST_CASE("the time left follows from the pace so far") {
  CHECK(time_left_text({"cases", 0, 10, 5.0}) == "");
  CHECK(time_left_text({"cases", 5, 10, 20.0}) == "20 s left");
  CHECK(time_left_text({"cases", 1, 10, 20.0}) == "3 min 00 s left");
  CHECK(time_left_text({"cases", 1, 11, 1830.0}) == "5 h 05 min left");
  // What was done before it was heard of took none of the time.
  CHECK(time_left_text({"cases", 6, 10, 20.0, 5}) == "1 min 20 s left");
  CHECK(time_left_text({"cases", 5, 10, 20.0, 5}) == "");
}

TEST_CASE("an epoch tells the time left of the whole training") {
  // 60 s for half an epoch: 1 min to its end, and 2 min for each of the 8 others.
  CHECK(time_left_text({"epoch 2/10", 50, 100, 60.0}) == "1 min 00 s left, in all 17 min 00 s");
  CHECK(time_left_text({"epoch 10/10", 50, 100, 60.0}) == "1 min 00 s left");
  CHECK(time_left_text({"epoch 1/1000", 250, 250, 90.0}) == "0 s left, in all 24 h 58 min");
}
