"""Access policies of AWS: who gets in, by which statement, and what of it an explicit deny takes back.

Pure: documents as values in, verdicts out. `documents` reads statements, `keys` knows who sets what a condition compares,
`tests` are the condition operators, `requests` are the requests that an outsider can make, and `verdicts` searches among them
for one that a statement allows and none denies.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""
