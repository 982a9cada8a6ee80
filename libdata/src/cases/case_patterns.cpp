#include <re2/re2.h>

#include <algorithm>
#include <memory>

#include "cases/found_files.hpp"
#include "seg/data/case_table.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace fs = std::filesystem;
namespace {

/// What a file's name says of a pattern's {case} and {group}.
struct CaseAndGroup {
  std::string name, group;
};

/// A pattern as a regular expression, and what its groups stand for.
class Matcher {
 public:
  explicit Matcher(const std::string& pattern) : pattern_(pattern) {
    std::string expression;
    for (std::size_t i = 0; i < pattern.size();) i = add(i, expression);
    if (std::ranges::find(places_, "case") == places_.end())
      throw Error(SettingValue{"pattern", pattern}, "does not say where the name of the case is",
                  "write {case} for it, as in '{case}/*_t1.nii.gz'");
    expression_ = std::make_unique<const re2::RE2>(expression, re2::RE2::Quiet);
  }

  const std::string& pattern() const { return pattern_; }

  /// Nothing when the path is another, or a name that stands in it twice differs.
  std::optional<CaseAndGroup> match(const std::string& path) const {
    std::vector<std::string> texts(places_.size());
    std::vector<re2::RE2::Arg> arguments;
    for (std::string& text : texts) arguments.emplace_back(&text);
    std::vector<const re2::RE2::Arg*> pointers;
    for (const re2::RE2::Arg& argument : arguments) pointers.push_back(&argument);
    if (!re2::RE2::FullMatchN(path, *expression_, pointers.data(),
                              static_cast<int>(pointers.size())))
      return std::nullopt;
    CaseAndGroup named;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      std::string& one = places_[i] == "case" ? named.name : named.group;
      if (!one.empty() && one != texts[i]) return std::nullopt;
      one = texts[i];
    }
    return named;
  }

 private:
  /// Adds what begins at a place of the pattern; returns where it ends.
  std::size_t add(std::size_t at, std::string& expression) {
    for (const char* place : {"case", "group"})
      if (const std::string text = std::string("{").append(place).append("}");
          pattern_.compare(at, text.size(), text) == 0) {
        places_.emplace_back(place);
        expression += "([^/]+)";
        return at + text.size();
      }
    const char one = pattern_[at];
    if (one == '*')
      expression += "[^/]*";
    else if (one == '?')
      expression += "[^/]";
    else
      expression += re2::RE2::QuoteMeta(std::string(1, one));
    return at + 1;
  }

  std::string pattern_;
  std::vector<std::string> places_;
  std::unique_ptr<const re2::RE2> expression_;
};

std::vector<std::string> channel_names(const std::vector<FilePattern>& channels) {
  std::vector<std::string> names;
  for (const FilePattern& channel : channels) {
    if (std::ranges::find(names, channel.name) != names.end())
      throw Error(SettingValue{"channel", channel.name}, "names two channels",
                  "give each a name of its own");
    names.push_back(channel.name);
  }
  return names;
}

/// What is looked through.
struct Images {
  fs::path folder;
  std::vector<fs::path> files;
  bool without_label_maps = false;  ///< they are left out
};

Error fits_none(const Images& images, const std::string& pattern) {
  std::string remedy = images.without_label_maps ? "give the label maps a pattern that fits no scan"
                                                 : "give another folder";
  if (!images.files.empty())
    remedy =
        "the first of them is " + images.files.front().lexically_relative(images.folder).string();
  return {SettingValue{"pattern", pattern},
          "fits none of the " + std::to_string(images.files.size()) + " images in " +
              images.folder.string() + (images.without_label_maps ? " that are no label maps" : ""),
          remedy};
}

/// Calls add(named, file) for every image that follows the pattern, and returns the others.
template <class Add>
std::vector<fs::path> for_each_match(const Images& images, const std::string& pattern,
                                     const Add& add) {
  const Matcher matcher(pattern);
  std::vector<fs::path> others;
  for (const fs::path& image : images.files)
    if (const auto named = matcher.match(image.lexically_relative(images.folder).generic_string()))
      add(*named, image);
    else
      others.push_back(image);
  if (others.size() == images.files.size()) throw fits_none(images, pattern);
  return others;
}

}  // namespace

CaseTable cases_by_pattern(const fs::path& folder, const CasePatterns& patterns) {
  Images images{folder, images_at_any_depth(folder)};
  FoundFiles found(folder.string(), channel_names(patterns.channels));
  if (!patterns.label.empty()) {
    images.files = for_each_match(images, patterns.label,
                                  [&](const CaseAndGroup& named, const fs::path& image) {
                                    found.add_label(named.name, image);
                                  });
    images.without_label_maps = true;
  }
  for (std::size_t i = 0; i < patterns.channels.size(); ++i)
    for_each_match(images, patterns.channels[i].pattern,
                   [&](const CaseAndGroup& named, const fs::path& image) {
                     found.add_channel(named.name, i, image);
                     found.add_group(named.name, named.group);
                   });
  return std::move(found).table();
}

}  // namespace seg::data
