#include <string>
#include <vector>

#include "catch.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/file_name.hpp"
#include "seg/plan/files.hpp"
#include "seg/plan/one_line.hpp"
#include "test_files.hpp"
#include "text.hpp"

using namespace seg;

TEST_CASE("only a name without folders that JSON can hold names a file") {
  for (const std::string& name :
       std::vector<std::string>{"case_1", "a b", "größe", "100%n", "...", std::string(230, 'x')})
    CHECK(is_file_name(name));
  for (const std::string name : {"", ".", "..", "a/b", "../x", "/etc/passwd", "two\nlines", "\xff"})
    CHECK_FALSE(is_file_name(name));
}

TEST_CASE("an error is one line of bounded length whatever the names in it") {
  const Error error("two\nlines\x1b[31m", std::string(100000, '9'), "a\rb");
  const std::string line = error.what();
  CHECK(line.size() < 10000);
  CHECK(line.find_first_of("\n\r\x1b") == std::string::npos);
  CHECK(test::contains(line, "two lines [31m: 999"));
  CHECK(one_line("short") == "short");
}

TEST_CASE("a shortened line has no broken character") {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "ü";
  CHECK(is_utf8(one_line(text)));
  CHECK(is_utf8(one_line("x" + text)));
}

TEST_CASE("JSON nested beyond all need is refused in one line, and what seg needs is not") {
  const test::TemporaryFolder folder;
  const auto read = [&](int levels) {
    test::write_text(folder / "deep.json", std::string(levels, '[') + std::string(levels, ']'));
    return read_json(folder / "deep.json");
  };
  CHECK_NOTHROW(read(200));
  CHECK_THROWS_AS(read(201), Error);
  CHECK_THROWS_AS(read(150000), Error);
  test::write_text(folder / "deep.json", "\"" + std::string(1000, '[') + "\"");
  CHECK_NOTHROW(read_json(folder / "deep.json"));
}

TEST_CASE("a path whose bytes are no UTF-8 is written into JSON with a mark in their place") {
  const test::TemporaryFolder folder;
  write_json(folder / "record.json", {{"folder", "a\xff"}});
  CHECK(read_json(folder / "record.json").at("folder") == "a\xEF\xBF\xBD");
}
