"""The compiler's and the linker's hardening, read from the programs themselves."""

import functools
import glob
import os
import re
import subprocess
import unittest

from harness import BUILD

PROGRAMS = ("lvzhid", "lvzhi")
# Flags that leave no other mark than the compiler's own note in the debugging information of each file.
NOTED = ("-fstack-clash-protection", "-ftrivial-auto-var-init=zero", "-fno-strict-overflow",
         "-fno-delete-null-pointer-checks", "-fstack-protector-strong", "-fcf-protection=full")


@functools.cache
def readelf(*arguments):
    return subprocess.run(["readelf", "--wide", *arguments], check=True, capture_output=True, text=True).stdout


class Binary(unittest.TestCase):
    def each(self):
        for name in PROGRAMS:
            with self.subTest(name):
                yield os.path.join(BUILD, name)

    def segments(self, path):
        """(type, flags, offset) of each."""
        return [(kind, flags.replace(" ", ""), int(offset, 16)) for kind, offset, flags in re.findall(
            r"^  (\w+) +(0x\w+) 0x\w+ 0x\w+ 0x\w+ 0x\w+ ([RWE ]{3})", readelf("--segments", path), re.M)]

    def imports(self, path):
        return set(re.findall(r" UND (\w+)@", readelf("--dyn-syms", path)))

    def test_position_independent(self):
        for path in self.each():
            self.assertRegex(readelf("--file-header", path), r"Type: +DYN \(Position-Independent Executable")
            self.assertRegex(readelf("--dynamic", path), r"FLAGS_1\).*\bPIE\b")
            self.assertNotIn("TEXTREL", readelf("--dynamic", path))

    def test_nothing_of_the_linkage_stays_writable(self):
        for path in self.each():
            self.assertIn("GNU_RELRO", [kind for kind, _, _ in self.segments(path)])
            self.assertRegex(readelf("--dynamic", path), r"FLAGS\).*\bBIND_NOW\b")
            self.assertRegex(readelf("--dynamic", path), r"FLAGS_1\).*\bNOW\b")

    def test_no_memory_is_writable_and_executable(self):
        for path in self.each():
            segments = self.segments(path)
            self.assertEqual([flags for kind, flags, _ in segments if kind == "GNU_STACK"], ["RW"])
            self.assertEqual([s for s in segments if "W" in s[1] and "E" in s[1]], [])

    def test_code_shares_no_page_with_anything(self):
        for path in self.each():
            loads = [(flags, offset) for kind, flags, offset in self.segments(path) if kind == "LOAD"]
            self.assertEqual([flags for flags, _ in loads], ["R", "RE", "R", "RW"])
            self.assertEqual([offset % 4096 for flags, offset in loads if "W" not in flags], [0, 0, 0])

    def test_no_path_of_libraries(self):
        for path in self.each():
            self.assertNotRegex(readelf("--dynamic", path), r"\((RPATH|RUNPATH)\)")

    def test_stack_protector(self):
        for path in self.each():
            self.assertIn("__stack_chk_fail", self.imports(path))

    def test_fortified(self):
        for path in self.each():
            self.assertLessEqual({"__snprintf_chk", "__vsnprintf_chk", "__fprintf_chk"}, self.imports(path))
        # What is copied into memory of a size known at run time only is checked at level 3, not at 2.
        self.assertLessEqual({"__memcpy_chk", "__fread_chk"}, self.imports(os.path.join(BUILD, "lvzhid")))

    def test_control_flow_protection(self):
        """Each of our objects is marked. (The programs are not: the C library's own start files are not, in Debian 12.)"""
        objects = glob.glob(os.path.join(BUILD, "CMakeFiles/lvzhi*.dir/**/*.o"), recursive=True)
        archives = [os.path.join(BUILD, f"lib{name}.a") for name in ("server", "wire", "lvzhi_client", "lvzhi_paper")]
        for file in objects + archives:
            text = readelf("--notes", file)
            count = len(re.findall(r"^File:", text, re.M)) if file.endswith(".a") else 1
            self.assertEqual(len(re.findall(r"x86 feature: IBT, SHSTK", text)), count, file)
        self.assertGreater(len(objects), 50)

    def test_what_the_compiler_was_told(self):
        for path in self.each():
            notes = set(re.findall(r"DW_AT_producer.*?: (GNU C\d.*)", readelf("--debug-dump=info", "--dwarf-depth=1", path)))
            self.assertTrue(notes)
            for note in notes:
                words = note.split()
                self.assertLessEqual(set(NOTED), set(words))
                self.assertIn("-O2", words)
                self.assertTrue({"-fPIE", "-fPIC"} & set(words))
