#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace seg::data {

/// A table of comma-separated values (RFC 4180), or by tabs in a .tsv file: its heading and its
/// rows, all of equal length.
struct CsvTable {
  std::string source;  ///< names the file in errors
  std::vector<std::string> heading;
  std::vector<std::vector<std::string>> rows;

  /// Where a column is. @throws Error naming the columns there are.
  std::size_t column(const std::string& name) const;
};

/// Own code: of the packaged readers, fast-cpp-csv-parser fixes the number of columns when it is
/// compiled, and libcsv's licence (LGPL) is not ours. A byte order mark, empty lines, and blanks
/// around cells without quotes are left out.
/// @throws Error naming the line for quotes that do not end and rows of another length.
CsvTable read_csv(const std::filesystem::path& file);

/// A text as one cell: in quotes where it has commas, quotes or line breaks.
std::string csv_cell(const std::string& text);

}  // namespace seg::data
