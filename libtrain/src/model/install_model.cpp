#include "seg/train/install_model.hpp"

#include <algorithm>
#include <set>

#include "model/zip_archive.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"
#include "seg/plan/lock.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

/// Zips that Windows made may have entries with backslashes.
std::string with_slashes(std::string name) {
  std::ranges::replace(name, '\\', '/');
  return name;
}

bool leads_out(const std::string& name) {
  const fs::path path(with_slashes(name));
  const bool upwards = std::ranges::any_of(path, [](const fs::path& part) { return part == ".."; });
  return name.empty() || path.is_absolute() || upwards || name.find(':') != std::string::npos;
}

void check_entries(const std::vector<ZipArchive::Entry>& entries, const fs::path& zip) {
  for (const auto& entry : entries)
    if (entry.link || leads_out(entry.name))
      throw Error(zip.string(), "refused: its entry " + entry.name + " leads out of the folder",
                  "use files from a source that you trust");
}

/// With slashes in their names.
std::vector<ZipArchive::Entry> checked_entries(const ZipArchive& archive, const fs::path& zip) {
  auto entries = archive.entries();
  check_entries(entries, zip);
  for (auto& entry : entries) entry.name = with_slashes(entry.name);
  return entries;
}

bool is_folder(const ZipArchive::Entry& entry) { return entry.name.ends_with('/'); }

bool is_checkpoint(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with("checkpoint_") && name.ends_with(".pth");
}

/// Folders in the archive that hold plans.json, dataset.json and a fold with a checkpoint.
std::vector<fs::path> models_in(const std::vector<ZipArchive::Entry>& entries) {
  std::set<fs::path> files, with_checkpoint;
  for (const auto& entry : entries) {
    files.insert(entry.name);
    if (is_checkpoint(entry.name))
      with_checkpoint.insert(fs::path(entry.name).parent_path().parent_path());
  }
  std::vector<fs::path> models;
  for (const fs::path& model : with_checkpoint)
    if (files.contains(model / "plans.json") && files.contains(model / "dataset.json"))
      models.push_back(model);
  return models;
}

void require_models(const std::vector<fs::path>& models, const fs::path& zip,
                    const fs::path& output) {
  if (models.empty())
    throw Error(zip.string(), "holds no trained model (plans.json, dataset.json, checkpoints)",
                "give a zip made by nnUNetv2_export_model_to_zip");
  for (const fs::path& model : models)
    if (fs::exists(output / model))
      throw Error((output / model).string(), "is there already",
                  "remove it or choose another output folder");
}

void require_space(const std::vector<ZipArchive::Entry>& entries, const fs::path& folder) {
  std::uint64_t size = 0;
  for (const auto& entry : entries) size += entry.size;
  if (size > fs::space(folder).available)
    throw Error(ErrorKind::no_space,
                {folder.string(), "has too little free space to unpack the model"});
}

void unpack(const ZipArchive& archive, const std::vector<ZipArchive::Entry>& entries,
            const fs::path& folder) {
  for (const auto& entry : entries) {
    if (is_folder(entry)) continue;
    const fs::path file = folder / entry.name;
    fs::create_directories(file.parent_path());
    archive.extract(entry, file);
  }
}

/// Files that are there already (of other models of the same dataset) stay.
void move_into(const fs::path& from, const fs::path& to) {
  if (!fs::exists(to)) return fs::rename(from, to);
  if (!fs::is_directory(from)) return;
  for (const auto& entry : fs::directory_iterator(from))
    move_into(entry.path(), to / entry.path().filename());
}

/// A folder beside the models that is removed at the end of the scope.
struct UnpackFolder {
  fs::path path;
  explicit UnpackFolder(const fs::path& output) : path(temporary_beside(output / "model")) {
    fs::create_directories(path);
  }
  ~UnpackFolder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  UnpackFolder(const UnpackFolder&) = delete;
  UnpackFolder& operator=(const UnpackFolder&) = delete;
};

}  // namespace

std::vector<fs::path> files_to_install(const fs::path& zip, const fs::path& output) {
  const auto entries = checked_entries(ZipArchive(zip), zip);
  require_models(models_in(entries), zip, output);
  std::vector<fs::path> files;
  for (const auto& entry : entries)
    if (!is_folder(entry)) files.push_back(output / entry.name);
  return files;
}

std::vector<fs::path> install_model(const fs::path& zip, const fs::path& output) {
  const ZipArchive archive(zip);
  const auto entries = checked_entries(archive, zip);
  std::vector<fs::path> models = models_in(entries);
  const FolderLock lock(output);
  remove_half_written(output, "");
  require_models(models, zip, output);
  const UnpackFolder folder(output);
  require_space(entries, folder.path);
  unpack(archive, entries, folder.path);
  for (const auto& entry : fs::directory_iterator(folder.path))
    move_into(entry.path(), output / entry.path().filename());
  for (fs::path& model : models) model = output / model;
  return models;
}

}  // namespace seg::train
