#include "catch.hpp"
#include "seg/plan/terminology.hpp"

using namespace seg;

namespace {

const Json liver = {{"category", {{"value", "123037004"}, {"scheme", "SCT"}, {"meaning", "Organ"}}},
                    {"type", {{"value", "10200004"}, {"scheme", "SCT"}, {"meaning", "Liver"}}}};

Json changed(const std::string& pointer, const Json& value) {
  Json json = {{"liver", liver}};
  json[Json::json_pointer(pointer)] = value;
  return json;
}

std::string refusal_of(const Json& json) {
  try {
    plan::segment_terms(json, {"liver", "spleen"}, "terms.json");
  } catch (const Error& error) {
    return error.what();
  }
  return "was taken";
}

}  // namespace

TEST_CASE("a terminology tells category, type and color of labels") {
  const auto terms =
      plan::segment_terms(changed("/liver/color", {221, 130, 101}), {"liver", "spleen"}, "file");
  REQUIRE(terms.size() == 1);
  const plan::SegmentTerms& one = terms.at("liver");
  CHECK(one.category == plan::CodedTerm{"123037004", "SCT", "Organ"});
  CHECK(one.type == plan::CodedTerm{"10200004", "SCT", "Liver"});
  CHECK(one.color == std::array{221, 130, 101});
  CHECK_FALSE(plan::segment_terms({{"liver", liver}}, {"liver"}, "file").at("liver").color);
  CHECK(plan::segment_terms(Json::object(), {"liver"}, "file").empty());
}

TEST_CASE("a terminology with what it should not have is refused by name") {
  CHECK_THAT(refusal_of({{"livr", liver}}), ContainsSubstring("terms.json") &&
                                                ContainsSubstring("\"livr\"") &&
                                                ContainsSubstring("did you mean liver?"));
  CHECK_THAT(refusal_of(Json::array()), ContainsSubstring("terms.json"));
  CHECK_THAT(refusal_of({{"liver", 1}}), ContainsSubstring("liver"));
  CHECK_THAT(refusal_of({{"liver", {{"type", liver["type"]}}}}),
             ContainsSubstring("terms.json, liver") && ContainsSubstring("\"category\""));
  CHECK_THAT(refusal_of(changed("/liver/colour", {1, 2, 3})), ContainsSubstring("\"colour\""));
  CHECK_THAT(refusal_of(changed("/liver/type/version", "1")), ContainsSubstring("\"version\""));
  CHECK_THAT(refusal_of(changed("/liver/type/value", 10200004)), ContainsSubstring("\"value\""));
  for (const std::string text : {"", "  ", "12345678901234567", "a\\b", "r\u00e4", "a\nb"})
    CHECK_THAT(refusal_of(changed("/liver/type/value", text)),
               ContainsSubstring("terms.json, liver, type, value"));
  for (const Json& color :
       {Json({1, 2}), Json({1, 2, 256}), Json({1, 2, -1}), Json({1, 2, 0.5}), Json("red")})
    CHECK_THAT(refusal_of(changed("/liver/color", color)), ContainsSubstring("\"color\""));
}
