#include "core/plugin/elf_check.hpp"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>

#include "tests/core/plugin/temp_folder.hpp"

namespace asmgr {
namespace {

constexpr std::string_view kEntry = "asmgr_plugin_entry_v1";

std::string good() {
  return test::read_file(test::broken_plugin("good"));
}

template <typename T>
std::string patched(std::size_t offset, T value) {
  std::string bytes = good();
  std::memcpy(bytes.data() + offset, &value, sizeof value);
  return bytes;
}

std::string why(std::string_view bytes) {
  const auto problem = check_elf(bytes, kEntry);
  return problem ? problem->why : "fine";
}

TEST(CheckElf, AcceptsAPlugin) {
  EXPECT_EQ(why(good()), "fine");
}

TEST(CheckElf, NamesAnEmptyFile) {
  EXPECT_EQ(why(""), "the file is empty");
}

TEST(CheckElf, NamesATextFile) {
  EXPECT_EQ(why("#!/bin/sh\n"), "it is not a shared library (it does not begin with the ELF mark)");
}

TEST(CheckElf, NamesATruncatedFileWhereverItIsCut) {
  const std::string whole = good();
  for (const std::size_t size :
       {std::size_t{5}, std::size_t{63}, std::size_t{64}, std::size_t{200}, whole.size() / 2, whole.size() - 1}) {
    EXPECT_EQ(why(std::string_view(whole).substr(0, size)), "the file is cut short") << size;
  }
}

TEST(CheckElf, NamesAnotherMachine) {
  EXPECT_EQ(why(patched<Elf64_Half>(offsetof(Elf64_Ehdr, e_machine), EM_S390)),
            "it is for IBM Z and this machine is x86-64");
}

TEST(CheckElf, NamesA32BitLibrary) {
  EXPECT_EQ(why(patched<unsigned char>(EI_CLASS, ELFCLASS32)), "it is a 32-bit library and this program is 64-bit");
}

TEST(CheckElf, NamesABigEndianLibrary) {
  EXPECT_EQ(why(patched<unsigned char>(EI_DATA, ELFDATA2MSB)), "it is for a big-endian machine");
}

TEST(CheckElf, NamesAProgram) {
  EXPECT_EQ(why(patched<Elf64_Half>(offsetof(Elf64_Ehdr, e_type), ET_EXEC)), "it is a program, not a shared library");
}

TEST(CheckElf, NamesAnObjectFile) {
  EXPECT_EQ(why(patched<Elf64_Half>(offsetof(Elf64_Ehdr, e_type), ET_REL)),
            "it is an object file, not a shared library");
}

TEST(CheckElf, NamesACoreFile) {
  EXPECT_EQ(why(patched<Elf64_Half>(offsetof(Elf64_Ehdr, e_type), ET_CORE)),
            "it is an ELF file of type 4, not a shared library");
}

TEST(CheckElf, NamesAMissingEntry) {
  EXPECT_EQ(why(test::read_file(test::broken_plugin("no_entry"))),
            "it has no entry: the symbol asmgr_plugin_entry_v1 is not exported");
}

TEST(CheckElf, SurvivesEveryDamagedHeaderByte) {
  const std::string whole = good();
  for (std::size_t offset = 0; offset < sizeof(Elf64_Ehdr); ++offset) {
    for (const char value : {'\0', '\x7f', '\xff'}) {
      std::string bytes = whole;
      bytes[offset] = value;
      static_cast<void>(check_elf(bytes, kEntry));
    }
  }
}

}  // namespace
}  // namespace asmgr
