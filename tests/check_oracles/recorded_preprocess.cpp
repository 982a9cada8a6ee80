#include "recorded_preprocess.hpp"

#include "seg/data/npy.hpp"
#include "seg/plan/error.hpp"
#include "test_files.hpp"

namespace seg::oracles {
namespace fs = std::filesystem;
namespace {

RecordedCase from_dataset(const fs::path& dataset_folder, const fs::path& plans,
                          const std::string& name) {
  const plan::Dataset dataset = plan::read_dataset(dataset_folder);
  const std::string ending = dataset.file_ending;
  std::vector<fs::path> channels;
  for (std::size_t i = 0; i < dataset.channel_names.size(); ++i)
    channels.push_back(dataset_folder / "imagesTr" / (name + "_000" + std::to_string(i) + ending));
  RecordedCase recorded;
  recorded.image = data::read_image(channels);
  recorded.label = data::read_label_map(dataset_folder / "labelsTr" / (name + ending)).data;
  recorded.plans = plan::read_plans(plans);
  recorded.labels = plan::labels_of(dataset);
  return recorded;
}

/// Plans that the topic "fingerprint" records, beside this topic's folder or in the shared data.
fs::path hippocampus_plans(const fs::path& folder) {
  const fs::path beside = folder / ".." / "fingerprint" / "nnUNetPlans.json";
  if (fs::exists(beside)) return beside;
  return test::shared_data() / "oracles" / "pipeline" / "fingerprint" / "nnUNetPlans.json";
}

RecordedCase hippocampus(const fs::path& folder, const std::string& name) {
  return from_dataset(recorded_dataset(folder, "Dataset004_Hippocampus"), hippocampus_plans(folder),
                      name);
}

RecordedCase with_regions_and_ignore(const fs::path& folder, const Json& record) {
  RecordedCase recorded = hippocampus(folder, record.at("case"));
  recorded.label = data::read_label_map(folder / record.at("label_file")).data;
  recorded.labels.all = {0, 1, 2};
  recorded.labels.regions = {{1, 2}, {2}};
  recorded.labels.ignore = 3;
  return recorded;
}

RecordedCase ct(const fs::path& folder, const Json& record) {
  RecordedCase recorded;
  recorded.image = data::read_image({folder / record.at("image_file")});
  recorded.label = recorded.image.data.gt(100).to(at::kShort);
  recorded.plans = plan::read_plans(folder / "ct_plans.json");
  recorded.labels.all = {0, 1};
  return recorded;
}

RecordedCase inputs(const fs::path& folder, const Json& record) {
  const std::string dataset = record.at("dataset");
  if (record.contains("image_file")) return ct(folder, record);
  if (record.contains("label_file")) return with_regions_and_ignore(folder, record);
  if (dataset == "Hippocampus") return hippocampus(folder, record.at("case"));
  return from_dataset(folder / dataset, folder / dataset / "nnUNetPlans.json", record.at("case"));
}

}  // namespace

fs::path recorded_dataset(const fs::path& folder, const std::string& name) {
  std::vector<fs::path> places{folder / name};
  for (fs::path around = fs::absolute(folder); around.has_relative_path();
       around = around.parent_path())
    places.push_back(around / "data" / name);
  places.push_back(test::shared_data() / "data" / name);
  for (const fs::path& place : places)
    if (fs::exists(place / "dataset.json")) return place;
  throw Error(name, "this dataset is in no data folder around " + folder.string(),
              "set SEG_TEST_DATA to the folder that holds data/" + name);
}

RecordedCase recorded_case(const fs::path& folder, const Json& record) {
  RecordedCase recorded = inputs(folder, record);
  recorded.configuration = record.value("configuration", "3d_fullres");
  return recorded;
}

at::Tensor recorded_data(const fs::path& folder, const Json& record) {
  const std::string file = record.at("data"), other = "same as ";
  return data::map_npy(folder / (file.starts_with(other) ? file.substr(other.size()) : file));
}

}  // namespace seg::oracles
