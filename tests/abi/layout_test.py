"""Breaks copies of the boundary's headers in every way that matters and expects layout.py to say so.

Run by ctest as: layout_test.py COMPILER
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SDK = pathlib.Path(__file__).resolve().parents[2] / "sdk"
COMPILER = "cc"


def check(include):
    return subprocess.run([sys.executable, "-B", str(SDK / "abi/layout.py"), "--cc", COMPILER, "--include", str(include)],
                          capture_output=True, text=True)


class Layout(unittest.TestCase):
    def with_changed_header(self, header, before, after):
        """What layout.py says once `before` has become `after` in one header; it must fail."""
        with tempfile.TemporaryDirectory() as folder:
            include = pathlib.Path(folder, "include")
            shutil.copytree(SDK / "include", include)
            path = include / "asmgr/abi" / header
            text = path.read_text()
            self.assertTrue(before in text, f"{header} has no longer: {before}")
            path.write_text(text.replace(before, after, 1))
            result = check(include)
            self.assertNotEqual(result.returncode, 0, result.stdout)
            return result.stderr

    def test_the_headers_are_as_described_and_as_released(self):
        result = check(SDK / "include")
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_a_member_nobody_described_is_found(self):
        said = self.with_changed_header("data.h", "uint8_t body_hash[32];", "uint8_t body_hash[32]; uint64_t newer;")
        self.assertIn("asmgr_event.newer is in the headers but not in abi.yaml", said)

    def test_swapped_members_are_found(self):
        said = self.with_changed_header("data.h", "asmgr_str id;\n  asmgr_str session_id;", "asmgr_str session_id;\n  asmgr_str id;")
        self.assertIn("another order", said)

    def test_a_removed_member_is_found(self):
        said = self.with_changed_header("data.h", "  asmgr_str correlation_id;\n", "")
        self.assertIn("correlation_id", said)

    def test_another_type_of_the_same_size_is_found(self):
        said = self.with_changed_header("data.h", "int64_t time_us;", "uint64_t time_us;")
        self.assertIn("time_us", said)

    def test_another_signature_is_found(self):
        said = self.with_changed_header("store.h", "uint64_t wait_us,", "int64_t wait_us,")
        self.assertIn("commit", said)

    def test_a_changed_number_is_found(self):
        said = self.with_changed_header("status.h", "ASMGR_E_BUSY = 0x050B", "ASMGR_E_BUSY = 0x050C")
        self.assertIn("ASMGR_E_BUSY", said)

    def test_a_number_nobody_described_is_found(self):
        said = self.with_changed_header("policy.h", "ASMGR_CANCEL = 4 ", "ASMGR_CANCEL = 4, ASMGR_EXPLODE = 5 ")
        self.assertIn("ASMGR_EXPLODE is in the headers but not in abi.yaml", said)

    def test_a_changed_interface_id_is_found(self):
        said = self.with_changed_header("store.h", '"asmgr.store/1"', '"asmgr.store/2"')
        self.assertIn("ASMGR_IFACE_STORE", said)

    def test_padding_moves_members_and_is_found(self):
        said = self.with_changed_header("data.h", "int64_t total_tokens;", "_Alignas(64) int64_t total_tokens;")
        self.assertIn("+member asmgr_usage.total_tokens 64 8", said)


if __name__ == "__main__":
    COMPILER = sys.argv.pop(1)
    unittest.main()
