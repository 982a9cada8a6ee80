#include "catch.hpp"
#include "run_seg.hpp"
#include "seg/data/image.hpp"
#include "seg/plan/files.hpp"
#include "text.hpp"
#include "tiny_dataset.hpp"

// What the options of seg convert table, bids and files write.

namespace fs = std::filesystem;
using namespace seg;
using namespace seg::test;

namespace {

void write_scan(const fs::path& file, int number) {
  data::write_image(file, ball(number).image, tiny_geometry());
}

/// A ball with the value.
void write_ball(const fs::path& file, int number, int value = 1) {
  data::write_label_map(file, ball(number).label * value, tiny_geometry());
}

/// Into DST beside SRC.
Outcome convert(const std::string& format, const fs::path& source, const fs::path& target,
                std::vector<std::string> options) {
  options.insert(options.begin(), {"convert", format, source.string(), target.string()});
  return run_seg(options);
}

bool same_bytes(const fs::path& one, const fs::path& other) {
  return bytes_of(one) == bytes_of(other);
}

}  // namespace

TEST_CASE("seg convert table names labels, changes values and links files as told") {
  const TemporaryFolder folder;
  write_scan(folder / "s.nii.gz", 1);
  write_ball(folder / "m.nii.gz", 1, 4);
  write_text(folder / "t.csv", "case,MRI,label\na,s.nii.gz,m.nii.gz\n");
  const auto table = [&](const std::string& target, const std::vector<std::string>& options) {
    return convert("table", folder / "t.csv", folder / target, options);
  };
  REQUIRE(table("changed", {"--map", "4=1", "--labels", "ball=1"}).exit_code == 0);
  CHECK(read_json(folder / "changed/dataset.json")["labels"] ==
        Json{{"background", 0}, {"ball", 1}});
  CHECK(data::read_label_map(folder / "changed/labelsTr/a.nii.gz").data[0].equal(ball(1).label));
  CHECK_FALSE(fs::is_symlink(folder / "changed/imagesTr/a_0000.nii.gz"));
  CHECK(table("linked", {"--map", "4=1", "--link"}).exit_code == 2);
  write_ball(folder / "m.nii.gz", 1);
  REQUIRE(table("linked", {"--link"}).exit_code == 0);
  CHECK(fs::equivalent(folder / "linked/imagesTr/a_0000.nii.gz", folder / "s.nii.gz"));
  CHECK(fs::is_symlink(folder / "linked/labelsTr/a.nii.gz"));
  for (const char* map : {"4", "4=", "=1", "x=1", "4=-1", "4=99999"})
    CHECK(table("none", {"--map", map}).exit_code == 2);
  for (const char* labels : {"ball", "ball=0", "ball=x", "a=1,b=1"})
    CHECK(table("none", {"--labels", labels}).exit_code == 2);
  CHECK_FALSE(fs::exists(folder / "none"));
}

TEST_CASE("seg convert bids takes the channels, segmentation and derivative that are named") {
  const TemporaryFolder folder;
  const fs::path study = folder / "study", subject = study / "sub-1/anat",
                 one = study / "derivatives/one/sub-1/anat",
                 two = study / "derivatives/two/sub-1/anat";
  write_scan(subject / "sub-1_T1w.nii.gz", 1);
  write_scan(subject / "sub-1_FLAIR.nii.gz", 2);
  write_ball(one / "sub-1_dseg.nii.gz", 0);
  write_ball(two / "sub-1_dseg.nii.gz", 1);
  write_ball(two / "sub-1_label-L_mask.nii.gz", 2);
  const auto bids = [&](const std::string& target, const std::vector<std::string>& options) {
    return convert("bids", study, folder / target, options);
  };
  const std::vector<std::string> both{"--channel", "FLAIR",        "--channel",
                                      "T1w",       "--derivative", "two"};
  REQUIRE(bids("both", both).exit_code == 0);
  CHECK(read_json(folder / "both/dataset.json")["channel_names"] ==
        Json{{"0", "FLAIR"}, {"1", "T1w"}});
  CHECK(same_bytes(folder / "both/imagesTr/sub-1_0000.nii.gz", subject / "sub-1_FLAIR.nii.gz"));
  CHECK(same_bytes(folder / "both/imagesTr/sub-1_0001.nii.gz", subject / "sub-1_T1w.nii.gz"));
  CHECK(same_bytes(folder / "both/labelsTr/sub-1.nii.gz", two / "sub-1_dseg.nii.gz"));
  CHECK(bytes_of(folder / "both/groups.csv") == "case,group\nsub-1,sub-1\n");
  REQUIRE(bids("mask", {"--channel", "T1w", "--segmentation", "label-L_mask"}).exit_code == 0);
  CHECK(same_bytes(folder / "mask/labelsTr/sub-1.nii.gz", two / "sub-1_label-L_mask.nii.gz"));
  const Outcome unclear = bids("none", {"--channel", "T1w"});
  CHECK(unclear.exit_code == 1);
  CHECK_THAT(unclear.err, ContainsSubstring("is the label map of the case sub-1, as"));
  CHECK(bids("none", {"--channel", "T1w", "--derivative", "three"}).exit_code == 1);
  CHECK(bids("none", {}).exit_code == 2);
  CHECK_FALSE(fs::exists(folder / "none"));
}

TEST_CASE("seg convert files takes what follows its patterns") {
  const TemporaryFolder folder;
  const fs::path scans = folder / "scans";
  write_scan(scans / "p1/x.nii.gz", 1);
  write_ball(scans / "masks/x_seg.nii.gz", 1);
  const auto files = [&](const std::string& channel, const std::string& label) {
    return convert("files", scans, folder / "made", {"--channel", channel, "--label", label});
  };
  CHECK(files("{group}/{case}.nii.gz", "masks/{case}_seg.nii.gz").exit_code == 2);  // no name
  CHECK(files("MR=*.nii.gz", "masks/{case}_seg.nii.gz").exit_code == 2);
  CHECK_FALSE(fs::exists(folder / "made"));
  const Outcome made = files("MR=p1/{case}.nii.gz", "masks/{case}_seg.nii.gz");
  INFO(made.err);
  REQUIRE(made.exit_code == 0);
  CHECK(read_json(folder / "made/dataset.json")["channel_names"] == Json{{"0", "MR"}});
  CHECK(same_bytes(folder / "made/imagesTr/x_0000.nii.gz", scans / "p1/x.nii.gz"));
  CHECK(same_bytes(folder / "made/labelsTr/x.nii.gz", scans / "masks/x_seg.nii.gz"));
}

TEST_CASE("seg convert files takes no label map as a scan, though a channel's pattern fits it") {
  const TemporaryFolder folder;
  const fs::path scans = folder / "scans";
  write_scan(scans / "p1/x.nii.gz", 1);
  write_scan(scans / "p2/y.nii.gz", 2);
  write_ball(scans / "masks/x_seg.nii.gz", 1);
  write_ball(scans / "masks/y_seg.nii.gz", 2);
  const auto files = [&](const std::string& label) {
    return convert("files", scans, folder / "made",
                   {"--channel", "MR={group}/{case}.nii.gz", "--label", label});
  };
  const Outcome all = files("{group}/{case}*.nii.gz");
  CHECK(all.exit_code == 2);
  CHECK(contains(all.err, "none of the 0 images"));
  CHECK(contains(all.err, "give the label maps a pattern that fits no scan"));
  const Outcome made = files("masks/{case}_seg.nii.gz");
  INFO(made.err);
  REQUIRE(made.exit_code == 0);
  CHECK_FALSE(fs::exists(folder / "made/imagesTs"));
  CHECK(same_bytes(folder / "made/imagesTr/y_0000.nii.gz", scans / "p2/y.nii.gz"));
  CHECK(same_bytes(folder / "made/labelsTr/y.nii.gz", scans / "masks/y_seg.nii.gz"));
  CHECK(bytes_of(folder / "made/groups.csv") == "case,group\nx,p1\ny,p2\n");
}
