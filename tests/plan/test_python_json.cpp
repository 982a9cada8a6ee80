#include <cmath>
#include <fstream>
#include <iterator>

#include "catch.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"
#include "test_files.hpp"

namespace {

using seg::Json;

std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string written(const Json& value) {
  seg::test::TemporaryFolder folder;
  seg::write_json(folder / "value.json", value);
  return text_of(folder / "value.json");
}

Json read_back(const std::string& text) {
  seg::test::TemporaryFolder folder;
  std::ofstream(folder / "value.json") << text;
  return seg::read_json(folder / "value.json");
}

std::string parse_error(const std::string& text) {
  try {
    read_back(text);
  } catch (const seg::Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

// Expected texts are what CPython 3.11's json.dump(..., indent=4) writes.
TEST_CASE("numbers are written as Python writes them") {
  const std::pair<double, std::string> cases[] = {{1.0, "1.0"},
                                                  {-0.0, "-0.0"},
                                                  {0.1, "0.1"},
                                                  {1e-5, "1e-05"},
                                                  {0.0001, "0.0001"},
                                                  {1e15, "1000000000000000.0"},
                                                  {1e16, "1e+16"},
                                                  {1.5e300, "1.5e+300"},
                                                  {5e-324, "5e-324"},
                                                  {2.0 / 3, "0.6666666666666666"},
                                                  {123456.789, "123456.789"},
                                                  {0.1 + 0.2, "0.30000000000000004"}};
  for (const auto& [value, text] : cases) CHECK(written(value) == text);
  CHECK(written(std::nan("")) == "NaN");
  CHECK(written(-INFINITY) == "-Infinity");
  CHECK(written(12345678901234) == "12345678901234");
}

TEST_CASE("objects are indented as Python indents them and keep their order") {
  Json value;
  value["z"] = {1, 2};
  value["a"] = Json::object();
  value["empty"] = Json::array();
  value["text"] = "h\u00e9 \"q\"\n\x7f";
  value["none"] = nullptr;
  CHECK(written(value) ==
        "{\n    \"z\": [\n        1,\n        2\n    ],\n    \"a\": {},\n    \"empty\": [],\n"
        "    \"text\": \"h\\u00e9 \\\"q\\\"\\n\\u007f\",\n    \"none\": null\n}");
}

TEST_CASE("bare NaN and Infinity are read as numbers but left alone inside text") {
  const Json value =
      read_back(R"({"a": NaN, "b": [-Infinity, Infinity], "NaN": "\"NaN, Infinity"})");
  CHECK(std::isnan(value["a"].get<double>()));
  CHECK(value["b"][0].get<double>() == -INFINITY);
  CHECK(value["b"][1].get<double>() == INFINITY);
  CHECK(value["NaN"] == "\"NaN, Infinity");
}

TEST_CASE("what is written reads back identically") {
  const Json value =
      read_back(R"({"b": [0.30000000000000004, 5e-324, 1e22, -7], "a": {"x": true}})");
  CHECK(read_back(written(value)) == value);
  CHECK(read_back(written(value)).dump() == value.dump());
}

TEST_CASE("text that is not JSON gives one line that names the place") {
  CHECK(parse_error("{\n\"a\": }").find("value.json: is not JSON (line 2, column 6)") !=
        std::string::npos);
  CHECK(parse_error("").find("is empty") != std::string::npos);
  CHECK(parse_error("{\"a\": \"never closed").find("is not JSON") != std::string::npos);
  CHECK_THROWS_AS(seg::read_json("no/such/file.json"), seg::Error);
}
