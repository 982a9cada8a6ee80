#include "seg/data/csv.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "seg/plan/error.hpp"
#include "seg/plan/joined.hpp"
#include "seg/plan/nearest_entry.hpp"
#include "seg/plan/output_name.hpp"

namespace seg::data {
namespace fs = std::filesystem;
namespace {

std::string text_of(const fs::path& file) {
  if (!fs::is_regular_file(file))
    throw Error(ErrorKind::not_found,
                {file.string(), "there is no such file", nearest_entry(file)});
  std::ifstream stream(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
  return text;
}

std::string without_blanks(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// Takes a text apart, cell by cell.
class CsvReader {
 public:
  CsvReader(std::string text, std::string source, char separator)
      : text_(std::move(text)), source_(std::move(source)), separator_(separator) {}

  bool at_end() const { return place_ >= text_.size(); }
  std::size_t line() const { return line_; }

  std::vector<std::string> row() {
    std::vector<std::string> cells{cell()};
    while (!at_end() && text_[place_] == separator_) {
      ++place_;
      cells.push_back(cell());
    }
    if (!at_end()) ++place_;  // the line break
    ++line_;
    return cells;
  }

 private:
  bool is_blank(char letter) const {
    return letter != separator_ && (letter == ' ' || letter == '\t');
  }

  std::size_t end_of_cell(std::size_t from) const {
    return std::min({text_.find(separator_, from), text_.find('\n', from), text_.size()});
  }

  std::string cell() {
    while (!at_end() && is_blank(text_[place_])) ++place_;
    if (!at_end() && text_[place_] == '"') return quoted();
    const std::size_t end = end_of_cell(place_);
    const std::string found = text_.substr(place_, end - place_);
    place_ = end;
    return without_blanks(found);
  }

  std::string quoted() {
    std::string found;
    for (++place_; !at_end(); ++place_) {
      if (text_[place_] != '"') {
        found += text_[place_];
        continue;
      }
      if (text_.compare(place_, 2, "\"\"") != 0) return after_quote(found);
      ++place_;
      found += '"';
    }
    throw Error(source_, "the quote in line " + std::to_string(line_) + " does not end");
  }

  std::string after_quote(const std::string& found) {
    const std::size_t end = end_of_cell(place_ + 1);
    if (!without_blanks(text_.substr(place_ + 1, end - place_ - 1)).empty())
      throw Error(source_, "line " + std::to_string(line_) + " goes on after a quote's end");
    place_ = end;
    return found;
  }

  std::string text_, source_;
  char separator_;
  std::size_t place_ = 0, line_ = 1;
};

}  // namespace

std::size_t CsvTable::column(const std::string& name) const {
  const auto found = std::ranges::find(heading, name);
  if (found == heading.end())
    throw Error(source, "has no column " + name, "its first line names " + seg::joined(heading));
  return static_cast<std::size_t>(found - heading.begin());
}

CsvTable read_csv(const fs::path& file) {
  CsvTable table{file.string(), {}, {}};
  CsvReader reader(text_of(file), file.string(), has_ending(file, ".tsv") ? '\t' : ',');
  while (!reader.at_end()) {
    const std::string line = std::to_string(reader.line());
    auto row = reader.row();
    if (row.size() == 1 && row[0].empty()) continue;
    if (table.heading.empty()) {
      table.heading = std::move(row);
      continue;
    }
    if (row.size() != table.heading.size())
      throw Error(file.string(), "line " + line + " has " + std::to_string(row.size()) +
                                     " cells, but the first one " +
                                     std::to_string(table.heading.size()));
    table.rows.push_back(std::move(row));
  }
  if (table.heading.empty()) throw Error(file.string(), "is empty", "its first line names columns");
  return table;
}

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char letter : text) quoted += letter == '"' ? "\"\"" : std::string(1, letter);
  return quoted + '"';
}

}  // namespace seg::data
