#include "seg/plan/terminology.hpp"

#include <algorithm>

#include "json_field.hpp"
#include "seg/plan/joined.hpp"
#include "seg/plan/letters_to_change.hpp"

namespace seg::plan {
namespace {

// PS3.5, 6.2: lengths of SH and LO.
constexpr std::size_t longest_code = 16, longest_meaning = 64;

void refuse_unknown_keys(const JsonObject& object, const std::vector<std::string>& known) {
  for (const auto& [key, value] : object.json.items())
    if (std::ranges::find(known, key) == known.end())
      throw Error(object.source, "the entry \"" + key + "\" is not known",
                  "there are " + joined(known));
}

CodedTerm coded_term(const JsonObject& object) {
  refuse_unknown_keys(object, {"value", "scheme", "meaning"});
  const auto text = [&](const std::string& key, std::size_t longest) {
    const auto value = object.get<std::string>(key);
    require_dicom_text(value, longest, object.source + ", " + key);
    return value;
  };
  return {text("value", longest_code), text("scheme", longest_code),
          text("meaning", longest_meaning)};
}

std::array<int, 3> color_of(const JsonObject& object) {
  const auto numbers = object.get<std::vector<int>>("color");
  const bool in_range =
      std::ranges::all_of(numbers, [](int number) { return number >= 0 && number <= 255; });
  if (numbers.size() != 3 || !in_range) throw object.unexpected("color");
  return {numbers[0], numbers[1], numbers[2]};
}

SegmentTerms terms_of(const JsonObject& object) {
  refuse_unknown_keys(object, {"category", "type", "color"});
  SegmentTerms terms{coded_term(object.object("category")), coded_term(object.object("type")), {}};
  if (object.has("color")) terms.color = color_of(object);
  return terms;
}

void require_label(const std::string& name, const std::vector<std::string>& labels,
                   const std::string& source) {
  if (std::ranges::find(labels, name) != labels.end()) return;
  const std::string nearest = nearest_word(name, labels);
  throw Error(source, "has terms of \"" + name + "\", which is no label of the model",
              nearest.empty() ? "take it out" : "did you mean " + nearest + "?");
}

}  // namespace

void require_dicom_text(const std::string& text, std::size_t longest, const std::string& where) {
  const bool plain = std::ranges::all_of(
      text, [](unsigned char letter) { return letter >= ' ' && letter <= '~' && letter != '\\'; });
  if (text.find_first_not_of(' ') == std::string::npos || text.size() > longest || !plain)
    throw Error(where, "\"" + text.substr(0, longest + 1) + "\" cannot be written into DICOM",
                "give 1 to " + std::to_string(longest) + " letters of ASCII without a backslash");
}

std::map<std::string, SegmentTerms> segment_terms(const Json& json,
                                                  const std::vector<std::string>& labels,
                                                  const std::string& source) {
  if (!json.is_object()) throw Error(source, "is not a JSON object with an entry for each label");
  std::map<std::string, SegmentTerms> terms;
  for (const auto& [name, value] : json.items()) {
    require_label(name, labels, source);
    terms[name] = terms_of(JsonObject{json, source}.object(name));
  }
  return terms;
}

}  // namespace seg::plan
