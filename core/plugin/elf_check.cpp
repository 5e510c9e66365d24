#include "core/plugin/elf_check.hpp"

#include <elf.h>

#include <cstring>

namespace asmgr {
namespace {

#if defined(__x86_64__)
constexpr Elf64_Half kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half kMachine = EM_AARCH64;
#elif defined(__riscv)
constexpr Elf64_Half kMachine = EM_RISCV;
#else
constexpr Elf64_Half kMachine = EM_NONE;  // not checked here; the loader does
#endif

constexpr std::string_view kBuildHere = "build the plugin on this machine, or get its build for this machine";

std::string machine_name(unsigned number) {
  switch (number) {
    case EM_386:
      return "32-bit x86";
    case EM_ARM:
      return "32-bit ARM";
    case EM_X86_64:
      return "x86-64";
    case EM_AARCH64:
      return "AArch64";
    case EM_RISCV:
      return "RISC-V";
    case EM_PPC64:
      return "64-bit PowerPC";
    case EM_S390:
      return "IBM Z";
    default:
      return "machine number " + std::to_string(number);
  }
}

// A structure at an offset of the file, or nothing when the file ends before it does.
template <typename T>
std::optional<T> at(std::string_view bytes, std::uint64_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

bool within(std::string_view bytes, std::uint64_t offset, std::uint64_t size) {
  return offset <= bytes.size() && size <= bytes.size() - offset;
}

std::string_view text_at(std::string_view table, std::uint64_t offset) {
  if (offset >= table.size()) return {};
  const std::string_view rest = table.substr(offset);
  return rest.substr(0, rest.find('\0'));
}

std::optional<ElfProblem> check_header(const Elf64_Ehdr& header) {
  if (header.e_ident[EI_CLASS] != ELFCLASS64) {
    return ElfProblem{"it is a 32-bit library and this program is 64-bit", std::string(kBuildHere)};
  }
  if (header.e_ident[EI_DATA] != ELFDATA2LSB) {
    return ElfProblem{"it is for a big-endian machine", std::string(kBuildHere)};
  }
  if (kMachine != EM_NONE && header.e_machine != kMachine) {
    return ElfProblem{"it is for " + machine_name(header.e_machine) + " and this machine is " + machine_name(kMachine),
                      std::string(kBuildHere)};
  }
  if (header.e_type == ET_EXEC) {
    return ElfProblem{"it is a program, not a shared library", "link it as a shared library (asmgr_add_plugin does)"};
  }
  if (header.e_type == ET_REL) {
    return ElfProblem{"it is an object file, not a shared library",
                      "link it as a shared library (asmgr_add_plugin does)"};
  }
  if (header.e_type != ET_DYN) {
    return ElfProblem{"it is an ELF file of type " + std::to_string(header.e_type) + ", not a shared library",
                      "name the plugin's shared library"};
  }
  return std::nullopt;
}

// Mapping a file that is shorter than its segments would end the process with SIGBUS.
bool is_complete(std::string_view bytes, const Elf64_Ehdr& header) {
  for (std::uint64_t i = 0; i < header.e_phnum; ++i) {
    const auto segment = at<Elf64_Phdr>(bytes, header.e_phoff + i * sizeof(Elf64_Phdr));
    if (!segment) return false;
    if (segment->p_type == PT_LOAD && !within(bytes, segment->p_offset, segment->p_filesz)) return false;
  }
  if (header.e_shoff == 0) return true;
  return within(bytes, header.e_shoff, std::uint64_t{header.e_shnum} * sizeof(Elf64_Shdr));
}

bool table_defines(std::string_view bytes, const Elf64_Shdr& symbols, std::string_view names, std::string_view wanted) {
  if (!within(bytes, symbols.sh_offset, symbols.sh_size)) return false;
  for (std::uint64_t i = 0; i < symbols.sh_size / sizeof(Elf64_Sym); ++i) {
    const auto symbol = at<Elf64_Sym>(bytes, symbols.sh_offset + i * sizeof(Elf64_Sym));
    if (symbol && symbol->st_shndx != SHN_UNDEF && text_at(names, symbol->st_name) == wanted) return true;
  }
  return false;
}

// Nothing when the file has no section table.
std::optional<bool> defines(std::string_view bytes, const Elf64_Ehdr& header, std::string_view wanted) {
  std::optional<bool> answer;
  for (std::uint64_t i = 0; header.e_shoff != 0 && i < header.e_shnum; ++i) {
    const auto section = at<Elf64_Shdr>(bytes, header.e_shoff + i * sizeof(Elf64_Shdr));
    if (!section || section->sh_type != SHT_DYNSYM) continue;
    const auto strings = at<Elf64_Shdr>(bytes, header.e_shoff + std::uint64_t{section->sh_link} * sizeof(Elf64_Shdr));
    if (!strings || !within(bytes, strings->sh_offset, strings->sh_size)) continue;
    const std::string_view names = bytes.substr(strings->sh_offset, strings->sh_size);
    answer = answer.value_or(false) || table_defines(bytes, *section, names, wanted);
  }
  return answer;
}

}  // namespace

std::optional<ElfProblem> check_elf(std::string_view bytes, std::string_view entry_symbol) {
  if (bytes.empty()) return ElfProblem{"the file is empty", "install it again"};
  if (bytes.substr(0, SELFMAG) != std::string_view(ELFMAG, SELFMAG)) {
    return ElfProblem{"it is not a shared library (it does not begin with the ELF mark)",
                      "name the plugin's shared library"};
  }
  const auto header = at<Elf64_Ehdr>(bytes, 0);
  if (!header) return ElfProblem{"the file is cut short", "install it again"};
  if (auto problem = check_header(*header)) return problem;
  if (!is_complete(bytes, *header)) return ElfProblem{"the file is cut short", "install it again"};
  if (!defines(bytes, *header, entry_symbol).value_or(true)) {
    return ElfProblem{"it has no entry: the symbol " + std::string(entry_symbol) + " is not exported",
                      "build it with asmgr_add_plugin and one ASMGR_EXPORT entry function"};
  }
  return std::nullopt;
}

}  // namespace asmgr
