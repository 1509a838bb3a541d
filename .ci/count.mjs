/**
 * Prints `N passed, N failed` for a vitest JSON report and ends with 1 unless everything passed.
 *
 *   node .ci/count.mjs REPORT EXIT_CODE_OF_THE_TEST_COMMAND
 *
 * Failed counts tests, and suites that broke outside of a test (could not load, a hook threw). No
 * report, no test at all and a failing command without a failed test each count as one failure.
 */
import { readFileSync } from "node:fs";

const [reportPath = "", commandExit = "1"] = process.argv.slice(2);
const { passed, failed } = count(readReport(reportPath), commandExit === "0");
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return { testResults: [] };
  }
}

function count(report, commandSucceeded) {
  let passed = 0;
  let failed = 0;
  for (const suite of report.testResults) {
    const states = suite.assertionResults.map((test) => test.status);
    const failedHere = states.filter((state) => state === "failed").length;
    passed += states.filter((state) => state === "passed").length;
    failed += failedHere === 0 && suite.status === "failed" ? 1 : failedHere;
  }
  const nothingRan = passed === 0 && failed === 0;
  const brokeElsewhere = failed === 0 && !commandSucceeded;
  return { passed, failed: nothingRan || brokeElsewhere ? 1 : failed };
}
