#include "seg/data/case_table.hpp"

#include "cases/found_files.hpp"
#include "cases/nearest_name.hpp"
#include "seg/data/csv.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace fs = std::filesystem;
namespace {

/// Which columns are what.
struct Columns {
  std::size_t name;
  std::optional<std::size_t> label, group;
  std::vector<std::size_t> channels;
};

Columns columns_of(const CsvTable& csv) {
  Columns columns{csv.column("case"), {}, {}, {}};
  for (std::size_t i = 0; i < csv.heading.size(); ++i) {
    const std::string& heading = csv.heading[i];
    if (heading.empty())
      throw Error(csv.source, "has a column without a name", "name each column in the first line");
    if (csv.column(heading) != i)
      throw Error(csv.source, "has two columns \"" + heading + "\"", "rename one");
    if (heading == "label")
      columns.label = i;
    else if (heading == "group")
      columns.group = i;
    else if (i != columns.name)
      columns.channels.push_back(i);
  }
  if (columns.channels.empty())
    throw Error(csv.source, "has no column for a channel",
                "add one, named as the channel is, with a file for each case");
  return columns;
}

/// The file of a cell, whose column is told where there is none: it may hold something else.
fs::path existing(const CsvTable& csv, std::size_t column, const std::string& cell) {
  fs::path file = (fs::path(csv.source).parent_path() / cell).lexically_normal();
  std::error_code unreadable;
  if (fs::exists(file, unreadable)) return file;
  std::string near = nearest_file(file);
  if (!near.empty()) near += "; ";
  throw Error(ErrorKind::not_found,
              {csv.source,
               "names " + file.string() + ", which is not there, in its column \"" +
                   csv.heading[column] + '"',
               near + "columns other than case, label and group are channels"});
}

void add_row(const CsvTable& csv, const Columns& columns, const std::vector<std::string>& row,
             FoundFiles& found) {
  const std::string& name = row[columns.name];
  found.add_case(name);
  for (std::size_t i = 0; i < columns.channels.size(); ++i)
    if (const std::string& cell = row[columns.channels[i]]; !cell.empty())
      found.add_channel(name, i, existing(csv, columns.channels[i], cell));
  if (columns.label && !row[*columns.label].empty())
    found.add_label(name, existing(csv, *columns.label, row[*columns.label]));
  if (columns.group) found.add_group(name, row[*columns.group]);
}

}  // namespace

CaseTable read_case_table(const fs::path& table) {
  const CsvTable csv = read_csv(table);
  const Columns columns = columns_of(csv);
  std::vector<std::string> channels;
  for (const std::size_t column : columns.channels) channels.push_back(csv.heading[column]);
  FoundFiles found(csv.source, channels);
  for (const auto& row : csv.rows) add_row(csv, columns, row, found);
  CaseTable result = std::move(found).table();
  if (result.cases.empty()) throw Error(csv.source, "has no cases", "add a line for each");
  return result;
}

}  // namespace seg::data
