#include "seg/data/convert_table.hpp"

#include "catch.hpp"
#include "image/volume_file.hpp"
#include "seg/data/plan_splits.hpp"
#include "seg/data/verify.hpp"
#include "seg/plan/dataset.hpp"
#include "seg/plan/files.hpp"
#include "test_files.hpp"
#include "text.hpp"

using namespace seg;
namespace fs = std::filesystem;

namespace {

/// Voxels and place of a scan, and of its label map with two values.
data::Volume scan_with(int number, at::ScalarType type = at::kShort) {
  data::Geometry geometry;
  geometry.spacing = {0.5, 0.75, 2};
  geometry.origin = {number + 0.25, -3, 7};
  return {(at::arange(60) * (number + 1)).view({3, 4, 5}).to(type), geometry};
}

void write_scan(const fs::path& file, int number) {
  fs::create_directories(file.parent_path());
  data::write_volume(file, scan_with(number));
}

void write_labels(const fs::path& file, int number, std::vector<int> values = {0, 1, 2}) {
  fs::create_directories(file.parent_path());
  data::Volume volume = scan_with(number, at::kByte);
  volume.voxels.zero_();
  for (std::size_t i = 0; i < values.size(); ++i)
    volume.voxels[static_cast<std::int64_t>(i)].fill_(values[i]);
  data::write_volume(file, volume);
}

std::string names(const data::CaseTable& table) {
  std::string text;
  for (const auto& scan : table.cases) text.append(scan.name).append(" ");
  return text;
}

/// Two labelled cases of one patient, and one without label map.
struct Hospital {
  test::TemporaryFolder folder;
  fs::path table = folder / "scans.csv", target = folder / "Dataset001_Ball";

  explicit Hospital(const std::string& ending = ".nii.gz", std::vector<int> values = {0, 1, 2}) {
    for (const int i : {0, 1, 2}) write_scan(scan(i, ending), i);
    for (const int i : {0, 1}) write_labels(label(i, ending), i, values);
    test::write_text(table, "case,CT,label,group\nb,scans/0" + ending + ",masks/0" + ending +
                                ",p1\n\"a\",scans/1" + ending + ",masks/1" + ending +
                                ",p1\nc,scans/2" + ending + ",,\"p,2\"\n");
  }
  fs::path scan(int i, const std::string& ending = ".nii.gz") const {
    return folder / "scans" / (std::to_string(i) + ending);
  }
  fs::path label(int i, const std::string& ending = ".nii.gz") const {
    return folder / "masks" / (std::to_string(i) + ending);
  }
  void convert(const data::TableConversion& conversion = {}) const {
    data::convert_table(data::read_case_table(table), target, conversion);
  }
};

}  // namespace

TEST_CASE("a table's cell that names no file is told with its column") {
  const Hospital hospital;
  test::write_text(hospital.table, "case,CT,note\na,scans/0.nii.gz,hello\n");
  CHECK_THROWS_WITH(data::read_case_table(hospital.table),
                    ContainsSubstring("hello, which is not there, in its column \"note\"") &&
                        ContainsSubstring("columns other than case, label and group are channels"));
}

TEST_CASE("a table becomes a dataset that holds the same files and verifies") {
  const Hospital hospital;
  std::string told;
  Reporter reporter;
  reporter.info = [&](const std::string& line) { told = line; };
  data::convert_table(data::read_case_table(hospital.table), hospital.target,
                      {{{1, "ball"}, {2, "hoop"}}, {}, false, 2}, reporter);
  const plan::Dataset dataset = plan::read_dataset(hospital.target);
  CHECK(dataset.channel_names == std::vector<std::string>{"CT"});
  CHECK(dataset.training_cases == 2);
  CHECK(dataset.json["labels"] == Json{{"background", 0}, {"ball", 1}, {"hoop", 2}});
  CHECK(data::verify_dataset(hospital.target, dataset, {}).empty());
  const auto same = [&](const fs::path& one, const fs::path& other) {
    return test::bytes_of(hospital.target / one) == test::bytes_of(other);
  };
  CHECK(same("imagesTr/b_0000.nii.gz", hospital.scan(0)));
  CHECK(same("labelsTr/a.nii.gz", hospital.label(1)));
  CHECK(same("imagesTs/c_0000.nii.gz", hospital.scan(2)));
  CHECK(told == "1 of 3 cases have no label map and go to imagesTs: c");
  CHECK_FALSE(fs::exists(hospital.target / "labelsTr/c.nii.gz"));
  const auto groups = data::case_groups({"a", "b", "c"}, (hospital.target / "groups.csv").string());
  CHECK(groups == std::map<std::string, std::string>{{"a", "p1"}, {"b", "p1"}, {"c", "p,2"}});
}

TEST_CASE("links lead to the files, which stay as they are") {
  const Hospital hospital;
  hospital.convert({.labels = {}, .map = {}, .link = true});
  const fs::path image = hospital.target / "imagesTr/b_0000.nii.gz";
  CHECK(fs::is_symlink(image));
  CHECK(fs::equivalent(image, hospital.scan(0)));
  const plan::Dataset dataset = plan::read_dataset(hospital.target);
  CHECK(dataset.json["labels"] == Json{{"background", 0}, {"label_1", 1}, {"label_2", 2}});
  CHECK(data::verify_dataset(hospital.target, dataset, {}).empty());
}

TEST_CASE("files of several formats become one, voxels, type and place unchanged") {
  const Hospital hospital(".mha");
  write_scan(hospital.scan(0, ".nrrd"), 0);
  test::write_text(hospital.table, "case,CT,label\na,scans/0.nrrd,masks/0.mha\n");
  CHECK_THROWS_WITH(hospital.convert({.labels = {}, .map = {}, .link = true}),
                    ContainsSubstring("has to become .nii.gz"));
  hospital.convert();
  const auto seen = data::read_volume(hospital.target / "imagesTr/a_0000.nii.gz", {}, {});
  CHECK(seen.voxels.scalar_type() == at::kShort);
  CHECK(seen.voxels[0].equal(scan_with(0).voxels));
  CHECK(seen.geometry.spacing == scan_with(0).geometry.spacing);
  CHECK(seen.geometry.origin == scan_with(0).geometry.origin);
  CHECK(data::verify_dataset(hospital.target, plan::read_dataset(hospital.target), {}).empty());

  SECTION("and those of one format keep it") {
    const Hospital other(".mha");
    other.convert();
    CHECK(plan::read_dataset(other.target).file_ending == ".mha");
  }
}

TEST_CASE("the spacing that lies beside a 3D TIFF comes along") {
  const Hospital hospital(".tif");
  REQUIRE(fs::exists(hospital.folder / "scans/0.json"));
  hospital.convert();
  for (const char* name : {"imagesTr/b_0000.nii.gz", "labelsTr/b.nii.gz"})
    CHECK(data::read_volume(hospital.target / name, {}, {}).geometry.spacing ==
          scan_with(0).geometry.spacing);
}

TEST_CASE("values of label maps are changed as told, all at once, and gaps are refused") {
  const Hospital hospital(".nii.gz", {0, 2, 7});
  CHECK_THROWS_WITH(hospital.convert(), ContainsSubstring("has the labels 0, 2, 7") &&
                                            ContainsSubstring("give `map=2=1,7=2`"));
  // The whole map, of what label maps hold, in place of the one that leaves a gap.
  CHECK_THROWS_WITH(hospital.convert({.labels = {}, .map = {{2, 5}}}),
                    ContainsSubstring("0, 5, 7") && ContainsSubstring("give `map=2=1,7=2`"));
  CHECK_THROWS_WITH(hospital.convert({.labels = {}, .map = {{7, 0}}}),
                    ContainsSubstring("0, 2") && ContainsSubstring("give `map=2=1,7=0`"));
  CHECK_THROWS_WITH(
      hospital.convert({.labels = {{1, "two"}, {4, "seven"}}, .map = {{2, 1}, {7, 4}}}),
      ContainsSubstring("give `map=2=1,7=2` and `labels=two=1,seven=2`"));
  CHECK_THROWS_WITH(
      hospital.convert({.labels = {{1, "two"}, {3, "seven"}}, .map = {{2, 1}, {7, 3}}}),
      ContainsSubstring("give `map=2=1,7=2` and `labels=two=1,seven=2`"));
  const Hospital other;
  CHECK_THROWS_WITH(other.convert({.labels = {}, .map = {{2, 5}}}),
                    ContainsSubstring("0, 1, 5") && ContainsSubstring("give no `map`"));
  CHECK_THROWS_WITH(
      other.convert({.labels = {{1, "one"}, {2, "two"}, {4, "four"}}, .map = {}}),
      ContainsSubstring("0, 1, 2, 4") && ContainsSubstring("give `labels=one=1,two=2,four=3`"));
  CHECK_THROWS_WITH(hospital.convert({.labels = {{1, "two"}}, .map = {{2, 1}}}),
                    ContainsSubstring("value(s) 7, which have no name") &&
                        ContainsSubstring("the background by `map=2=1,7=0`"));
  CHECK_FALSE(fs::exists(hospital.target));
  hospital.convert({{{1, "seven"}, {2, "two"}}, {{7, 1}, {2, 2}}, false, 1});
  const auto label = data::read_label_map(hospital.target / "labelsTr/a.nii.gz");
  CHECK(label.data[0][2].eq(1).all().item<bool>());
  CHECK(label.data[0][1].eq(2).all().item<bool>());
  CHECK(label.geometry.origin == scan_with(1).geometry.origin);

  std::vector<std::string> warnings;
  Reporter reporter;
  reporter.warning = [&](const std::string& line) { warnings.push_back(line); };
  data::convert_table(data::read_case_table(hospital.table), hospital.folder / "third",
                      {{{1, "two"}, {2, "seven"}, {3, "none"}}, {{2, 1}, {7, 2}, {9, 1}}, false, 1},
                      reporter);
  CHECK(warnings ==
        std::vector<std::string>{"no label map holds the value 9, which was to become 1",
                                 "no label map holds the value 3, named none"});

  const Hospital swapped;
  swapped.convert({{{1, "one"}, {2, "two"}}, {{1, 2}, {2, 1}}, false, 1});
  const auto exchanged = data::read_label_map(swapped.target / "labelsTr/a.nii.gz");
  CHECK(exchanged.data[0][1].eq(2).all().item<bool>());
  CHECK(exchanged.data[0][2].eq(1).all().item<bool>());
}

TEST_CASE("labels without a name, and tables that say too little or too much, are refused") {
  const Hospital hospital;
  CHECK_THROWS_WITH(hospital.convert({{{1, "ball"}}, {}, false, 1}),
                    ContainsSubstring("value(s) 2, which have no name"));
  CHECK_THROWS_WITH(hospital.convert({{{1, "ball"}, {2, "ball"}}, {}, false, 1}),
                    ContainsSubstring("stands for two values"));
  const auto refusal = [&](const std::string& text) -> std::string {
    test::write_text(hospital.table, text);
    try {
      hospital.convert();
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  CHECK_THAT(refusal("name,CT\na,scans/0.nii.gz\n"), ContainsSubstring("has no column case"));
  CHECK_THAT(refusal("case,label\na,masks/0.nii.gz\n"),
             ContainsSubstring("no column for a channel"));
  CHECK_THAT(refusal("case,CT,CT\na,b,c\n"), ContainsSubstring("two columns \"CT\""));
  CHECK_THAT(refusal("case,CT\na,scans/9.nii.gz\n"), ContainsSubstring("scans/9.nii.gz, which is"));
  CHECK_THAT(refusal("case,CT\na,scans/0.nii.gz\na,scans/1.nii.gz\n"),
             ContainsSubstring("is the channel CT of the case a, as"));
  CHECK_THAT(refusal("case,CT\n../a,scans/0.nii.gz\n"), ContainsSubstring("no name of a file"));
  CHECK_THAT(refusal("case,CT,label\na,,masks/0.nii.gz\n"),
             ContainsSubstring("no image of a (CT)"));
  CHECK_THAT(refusal("case,CT,label\na,,\n"), ContainsSubstring("no image of a (CT)"));
  CHECK_THAT(refusal("case,CT\n,scans/0.nii.gz\n"), ContainsSubstring("no name of a file"));
  CHECK_THAT(refusal("case,CT\na,scans/0.nii.gz\n"), ContainsSubstring("has no label map"));
  CHECK_THAT(refusal("case,CT\n"), ContainsSubstring("has no cases"));
  CHECK_THAT(refusal("case,CT,group\na,scans/0.nii.gz,p\nb,scans/1.nii.gz,\n"),
             ContainsSubstring("gives no group to b"));
  CHECK_FALSE(fs::exists(hospital.target));
}

TEST_CASE("patterns find cases, channels, groups and label maps at any depth") {
  const test::TemporaryFolder folder;
  for (const char* name : {"p1/x/MR_t1.nii.gz", "p1/y/MR_t1.nii.gz", "p2/z/scan_t1.nii.gz"})
    write_scan(folder / "scans" / name, 1);
  for (const char* name : {"x", "y", "z"})
    write_scan(folder / "scans" / ("t2 of " + std::string(name) + ".nii.gz"), 2);
  write_labels(folder / "scans/masks/x+x.nii.gz", 1);
  write_labels(folder / "scans/masks/y+z.nii.gz", 1);
  const auto cases = [&](const std::string& t1, const std::string& label) {
    return data::cases_by_pattern(folder / "scans",
                                  {{{"T1", t1}, {"T2", "t2 of {case}.nii.gz"}}, label});
  };
  const auto table = cases("{group}/{case}/*_t1.nii.gz", "masks/{case}+{case}.nii.gz");
  CHECK(names(table) == "x y z ");
  CHECK(table.channel_names == std::vector<std::string>{"T1", "T2"});
  CHECK(table.cases[2].channels[0] == folder / "scans/p2/z/scan_t1.nii.gz");
  CHECK(table.cases[2].channels[1] == folder / "scans/t2 of z.nii.gz");
  CHECK(table.cases[0].label == folder / "scans/masks/x+x.nii.gz");
  CHECK_FALSE(table.cases[1].label);  // y+z names two cases
  CHECK(table.groups.at("y") == "p1");
  CHECK(table.groups.at("z") == "p2");

  CHECK_THROWS_WITH(
      data::cases_by_pattern(folder / "scans",
                             {{{"T1", "t1 of {case}.nii.gz"}, {"T1", "t2 of {case}.nii.gz"}}, ""}),
      ContainsSubstring("T1: names two channels"));
  CHECK_THROWS_WITH(cases("*/*/*_t1.nii.gz", ""), ContainsSubstring("where the name of the case"));
  CHECK_THROWS_WITH(cases("{case}_t3.nii.gz", ""), ContainsSubstring("fits none of the 8 images"));
  CHECK_THROWS_WITH(cases("{group}/{case}/MR_t1.nii.gz", ""),
                    ContainsSubstring("no image of z (T1)"));
  CHECK_THROWS_WITH(cases("{case}/*/*_t1.nii.gz", ""), ContainsSubstring("is the channel T1 of"));
}

TEST_CASE("a BIDS dataset is read by subject, session and run") {
  const test::TemporaryFolder folder;
  const auto raw = [&](const std::string& name) { return folder / "study" / name; };
  for (const char* name :
       {"sub-01/anat/sub-01_T1w.nii.gz", "sub-02/ses-1/anat/sub-02_ses-1_run-2_T1w.nii.gz",
        "sub-02/ses-2/anat/sub-02_ses-2_acq-fast_T1w.nii.gz", "sourcedata/sub-03_T1w.nii.gz"})
    write_scan(raw(name), 1);
  const std::string made = "derivatives/manual/";
  write_labels(raw(made + "sub-01/anat/sub-01_space-orig_dseg.nii.gz"), 1);
  write_labels(raw(made + "sub-02/ses-1/anat/sub-02_ses-1_run-2_desc-x_dseg.nii.gz"), 1);
  const auto table = data::bids_cases(folder / "study", {{"T1w"}, "dseg", ""});
  CHECK(names(table) == "sub-01 sub-02_ses-1_run-2 sub-02_ses-2 ");
  CHECK(table.groups.at("sub-02_ses-2") == "sub-02");
  CHECK(table.cases[1].label ==
        raw(made + "sub-02/ses-1/anat/sub-02_ses-1_run-2_desc-x_dseg.nii.gz"));
  CHECK_FALSE(table.cases[2].label);

  CHECK_THROWS_WITH(data::bids_cases(folder / "study", {{"FLAIR"}, "dseg", ""}),
                    ContainsSubstring("no image sub-*_FLAIR"));
  CHECK_THROWS_WITH(data::bids_cases(folder / "study", {{"T1w"}, "dseg", "other"}),
                    ContainsSubstring("derivatives/other"));
  write_labels(raw("derivatives/second/sub-01/anat/sub-01_dseg.nii.gz"), 1);
  CHECK_THROWS_WITH(data::bids_cases(folder / "study", {{"T1w"}, "dseg", ""}),
                    ContainsSubstring("is the label map of the case sub-01, as"));
  CHECK(data::bids_cases(folder / "study", {{"T1w"}, "dseg", "manual"}).cases[0].label ==
        raw(made + "sub-01/anat/sub-01_space-orig_dseg.nii.gz"));
  write_scan(raw("sub-01/anat/sub-01_FLAIR.nii.gz"), 2);
  CHECK_THROWS_WITH(data::bids_cases(folder / "study", {{"T1w", "FLAIR"}, "dseg", "manual"}),
                    ContainsSubstring("no image of sub-02_ses-1_run-2 (FLAIR)"));
}
