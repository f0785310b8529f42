"""CloudFormation: what functions come to, what SAM and loops make, and edits in both syntaxes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batten.engine.review import review
from batten.facts import Bucket, CloudApi, Fact, Secret, Workload
from batten.formats import SyntaxProblem, Workspace, apply, yaml
from batten.model import ABSENT, UNKNOWN, Fix, Kind, Problem, Switch, TurnOn
from batten.policy import Policy
from batten.technologies import Unit, named_like, recognised
from batten.technologies.cloud.cloudformation import adapter
from batten.technologies.cloud.cloudformation.edits import path_to, yaml_source
from batten.technologies.cloud.cloudformation.intrinsics import Evaluator
from batten.technologies.cloud.cloudformation.resources import Stack
from batten.technologies.cloud.cloudformation.stacks import stack, units
from batten.technologies.cloud.cloudformation.template import load
from batten.technologies.cloud.cloudformation.validator import cfn_lint, validate
from batten.technologies.cloud.cloudformation.values import Reference
from needs import needs

DECLARED = """\
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Word: {Type: String, Default: x}
  Flag: {Type: String, Default: true}
  Given: {Type: String}
  Hidden: {Type: String, NoEcho: true, Default: y}
  Zones: {Type: CommaDelimitedList, Default: "a, b"}
  Ami: {Type: "AWS::SSM::Parameter::Value<String>", Default: /aws/ami}
Mappings:
  Sizes:
    prod: {Count: 2, Names: [p, q]}
Conditions:
  Yes: !Equals [!Ref Word, x]
  No: !Not [!Condition Yes]
  Perhaps: !Equals [!Ref Given, x]
  Both: !And [!Condition Perhaps, !Condition No]
  Either: !Or [!Condition Perhaps, !Condition Yes]
  Round: !Not [!Condition Trip]
  Trip: !And [!Condition Round, !Condition Yes]
  Itself: !Condition Itself
Resources:
  Images: {Type: "AWS::S3::Bucket"}
  Result:
    Type: AWS::SNS::Topic
    Properties:
      Value: """


def stack_from(tmp_path: Path, text: str, name: str = "template.yaml", **more: str) -> Stack:
    made = stack(Unit("cloudformation", (name,)), Workspace(tmp_path, {name: text, **more}))
    assert made is not None
    return made


def facts_of(tmp_path: Path, text: str, name: str = "template.yaml") -> list[Fact | Problem]:
    return list(adapter.read(Unit("cloudformation", (name,)), Workspace(tmp_path, {name: text})))


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("plain", "plain"),
        ("!Ref Word", "x"),
        ("!Ref Flag", "true"),
        ("!Ref Given", UNKNOWN),
        ("!Ref Hidden", UNKNOWN),
        ("!Ref Zones", ["a", "b"]),
        ("!Ref Ami", UNKNOWN),
        ("!Ref Missing", UNKNOWN),
        ("!Ref Images", Reference("Images")),
        ("{Ref: Word}", "x"),
        ("!Ref AWS::Region", UNKNOWN),
        ("!Ref AWS::Partition", "aws"),
        ("!Ref AWS::NoValue", ABSENT),
        ("!GetAtt Images.Arn", Reference("Images", "Arn")),
        ("!GetAtt [Images, Arn]", Reference("Images", "Arn")),
        ("{'Fn::GetAtt': [Images, Arn]}", Reference("Images", "Arn")),
        ("!Sub '${Word}-${Word}'", "x-x"),
        ("!Sub '${!Word}-1'", "${Word}-1"),
        ("!Sub '${Images.Arn}'", Reference("Images", "Arn")),
        ("!Sub '${Images.Arn}/*'", UNKNOWN),
        ("!Sub '${Given}'", UNKNOWN),
        ("!Sub ['${a}-${Word}', {a: !Ref Word}]", "x-x"),
        ("!Join ['-', [a, !Ref Word]]", "a-x"),
        ("!Join ['-', !Ref Zones]", "a-b"),
        ("!Join ['', [!Ref Given, a]]", UNKNOWN),
        ("!Select [1, !Ref Zones]", "b"),
        ("!Select ['0', [p, q]]", "p"),
        ("!Select [7, [p]]", UNKNOWN),
        ("!Split [',', 'a,b']", ["a", "b"]),
        ("!FindInMap [Sizes, prod, Count]", 2),
        ("!FindInMap [Sizes, prod, Names]", ["p", "q"]),
        ("!FindInMap [Sizes, !Ref Given, Count]", UNKNOWN),
        ("!If [Yes, 1, 2]", 1),
        ("!If [No, 1, 2]", 2),
        ("!If [No, 1, !Ref AWS::NoValue]", ABSENT),
        ("!If [Perhaps, 1, 2]", UNKNOWN),
        ("!If [Perhaps, 1, 1]", 1),
        ("!If [Both, 1, 2]", 2),
        ("!If [Either, 1, 2]", 1),
        ("!If [Round, 1, 2]", UNKNOWN),
        ("!If [Itself, 1, 2]", UNKNOWN),
        ("!If [Missing, 1, 2]", UNKNOWN),
        ("{a: !Ref AWS::NoValue, b: [!Ref AWS::NoValue, 1]}", {"b": [1]}),
        ("{a: !Ref Given}", {"a": UNKNOWN}),
        ("!Base64 {'Fn::Sub': 'x${Word}'}", "xx"),
        ("{'Fn::Base64': !Sub 'x${Word}'}", "xx"),
        ("!ImportValue shared", UNKNOWN),
        ("!Cidr ['10.0.0.0/16', 2, 8]", UNKNOWN),
        ("!GetAZs ''", UNKNOWN),
        ("!Transform {Name: Mine}", UNKNOWN),
        ("{'Fn::Length': !Ref Zones}", 2),
        ("!Length [1, 2, 3]", 3),
        ("!Unheard [a]", UNKNOWN),
        ("!Ref [a]", UNKNOWN),
        ("!Join x", UNKNOWN),
    ],
)
def test_what_functions_come_to(tmp_path: Path, expression: str, value: object) -> None:
    made = stack_from(tmp_path, DECLARED + expression + "\n")
    node = made.template.root
    for key in ("Resources", "Result", "Properties", "Value"):
        assert isinstance(node, yaml.Mapping)
        found = node[key]
        assert found is not None
        node = found  # type: ignore[assignment]
    assert made.evaluator.value(node) == value


def test_json_and_yaml_say_the_same(tmp_path: Path) -> None:
    text = json.dumps(
        {
            "Parameters": {"Acl": {"Type": "String", "Default": "PublicRead"}},
            "Resources": {
                "Images": {"Type": "AWS::S3::Bucket", "Properties": {"AccessControl": {"Ref": "Acl"}}}
            },
        },
        indent=2,
    )
    (bucket,) = [f for f in facts_of(tmp_path, text, "app.template.json") if isinstance(f, Bucket)]
    assert bucket.acl.value == "public-read"
    start = text.index('{\n          "Ref"')
    assert bucket.acl.at.span is not None and bucket.acl.at.span.start == start


def test_a_value_that_is_not_written_is_at_its_resource(tmp_path: Path) -> None:
    made = stack_from(tmp_path, DECLARED + "x\n")
    images = made.get("Images")
    assert images is not None
    setting = images.value("VersioningConfiguration", "Status")
    assert setting.value is ABSENT and setting.at.kind is Kind.BLOCK
    assert setting.at.pointer == "Images/VersioningConfiguration/Status"
    assert setting.at.span is not None
    assert made.template.source.text[setting.at.span.start :].startswith("Images:")


@pytest.mark.parametrize(
    ("condition", "made"),
    [("!Equals [a, b]", False), ("!Equals [a, a]", True), ("!Equals [!Ref Stage, prod]", True)],
)
def test_a_resource_is_left_out_only_where_no_parameter_can_make_it(
    tmp_path: Path, condition: str, made: bool
) -> None:
    text = (
        "Parameters: {Stage: {Type: String, Default: dev}}\n"
        f"Conditions:\n  Here: {condition}\n"
        "Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Condition: Here\n"
    )
    assert bool(stack_from(tmp_path, text).get("A")) is made


def test_a_policy_that_may_not_be_made_leaves_its_bucket_unknown(tmp_path: Path) -> None:
    text = (
        "Parameters: {Stage: {Type: String, Default: dev}}\n"
        "Conditions:\n  Prod: !Equals [!Ref Stage, prod]\n"
        "Resources:\n  A:\n    Type: AWS::S3::Bucket\n"
        "  P:\n    Type: AWS::S3::BucketPolicy\n    Condition: Prod\n"
        "    Properties:\n      Bucket: !Ref A\n      PolicyDocument: {Statement: []}\n"
    )
    (bucket,) = [f for f in facts_of(tmp_path, text) if isinstance(f, Bucket)]
    assert bucket.tls_only.value is UNKNOWN


def test_parts_of_lists_maps_and_macros(tmp_path: Path) -> None:
    text = """\
Resources:
  A:
    Type: AWS::X::Y
    Properties:
      List: [{a: 1}, !Ref AWS::NoValue, !If [Yes, {a: 2}, {a: 3}]]
      Doubtful: [{a: 1}, !Transform {Name: T}]
      Included: {a: 1, Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://x}}}
      Word: "True"
      Refers: !GetAtt B.Arn
  B: {Type: AWS::X::Z}
Conditions: {Yes: !Equals [a, a]}
"""
    a = stack_from(tmp_path, text).get("A")
    assert a is not None
    assert [part.value("a").value for part in a.each("List")] == [1, 2]
    assert a.whole("List") and a.whole("Nothing") and not a.whole("Doubtful") and not a.whole("Included")
    assert a.value("Included", "a").value == 1 and a.value("Included", "b").value is UNKNOWN
    assert a.value("List", "a").value == 1
    assert a.value("Word").value == "True"
    assert a.refers_to("Refers") == "B" and a.value("Refers").value is UNKNOWN
    assert a.refers_to("Word") == "" and a.refers_to("Nothing") == ""


def test_loops_are_judged_once(tmp_path: Path) -> None:
    text = """\
Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Topics:
    - Name
    - [One, Two]
    - "${Name}Topic":
        Type: AWS::SNS::Topic
        Properties: {TopicName: !Ref Name, Fixed: a}
  Fn::ForEach::Single:
    - Name
    - [Three]
    - "${Name}Queue": {Type: AWS::SQS::Queue, Properties: {QueueName: !Sub "${Name}-x"}}
  Fn::ForEach::Broken: [a]
"""
    made = stack_from(tmp_path, text)
    (topic,) = made.of("AWS::SNS::Topic")
    assert topic.value("TopicName").value is UNKNOWN and topic.value("Fixed").value == "a"
    (queue,) = made.of("AWS::SQS::Queue")
    assert queue.value("QueueName").value == "Three-x"
    assert made.complete


@pytest.mark.parametrize("transform", ["Mine", "[AWS::Serverless-2016-10-31, Mine]", "{Name: AWS::Include}"])
def test_macros_may_write_anything(tmp_path: Path, transform: str) -> None:
    text = f"Transform: {transform}\nResources: {{A: {{Type: AWS::S3::Bucket}}}}\n"
    assert not stack_from(tmp_path, text).complete


def test_what_a_parent_gives_counts(tmp_path: Path) -> None:
    parent = (
        "Resources:\n  Child:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n"
        "      TemplateURL: nested/child.yaml\n      Parameters: {Acl: PublicRead}\n"
    )
    child = (
        "Parameters: {Acl: {Type: String, Default: Private}}\n"
        "Resources: {A: {Type: AWS::S3::Bucket, Properties: {AccessControl: !Ref Acl}}}\n"
    )
    files = {"a/nested/child.yaml": child, "a/parent.yaml": parent}
    workspace = Workspace(tmp_path, files)
    found = list(units(sorted(files), workspace))
    assert [u.files for u in found] == [("a/parent.yaml",), ("a/nested/child.yaml", "a/parent.yaml")]
    (bucket,) = [f for f in adapter.read(found[1], workspace) if isinstance(f, Bucket)]
    assert bucket.acl.value == "public-read"


SAM = """\
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Runtime: python3.13
    Environment: {Variables: {STAGE: prod}}
  Api:
    Auth: {DefaultAuthorizer: AWS_IAM}
Resources:
  Shop:
    Type: AWS::Serverless::Api
    Properties: {StageName: v1}
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Environment: {Variables: {TABLE: orders}}
      FunctionUrlConfig: {AuthType: NONE}
      Events:
        Inherited: {Type: Api, Properties: {Path: /a, Method: get, RestApiId: !Ref Shop}}
        Implicit: {Type: Api, Properties: {Path: /b, Method: get}}
        Open: {Type: Api, Properties: {Path: /c, Method: get, Auth: {Authorizer: NONE}}}
        Http: {Type: HttpApi, Properties: {Path: /d, Method: post}}
        Preflight: {Type: HttpApi, Properties: {Path: /d, Method: options}}
        Elsewhere: {Type: HttpApi, Properties: {Path: /e, Method: get, ApiId: !ImportValue shared}}
        Queue: {Type: SQS, Properties: {Queue: x}}
"""


def test_sam_is_read_as_what_it_makes(tmp_path: Path) -> None:
    made = stack_from(tmp_path, SAM)
    (function,) = made.of("AWS::Lambda::Function")
    assert function.value("Runtime").value == "python3.13"
    assert function.value("Environment", "Variables").value == {"STAGE": "prod", "TABLE": "orders"}
    (url,) = made.of("AWS::Lambda::Url")
    assert url.value("AuthType").value == "NONE" and url.address == "Orders/FunctionUrlConfig"
    assert [r.name for r in made.of("AWS::ApiGateway::Stage")] == ["Shop"]


def test_sam_routes_inherit_their_authoriser(tmp_path: Path) -> None:
    routes = {
        f.name: f.authoriser.effective
        for f in facts_of(tmp_path, SAM)
        if isinstance(f, CloudApi) and f.what != "Lambda function URL"
    }
    assert routes == {
        "GET /a": True,
        "GET /b": True,
        "GET /c": False,
        "POST /d": False,
        "GET /e": UNKNOWN,
    }


def test_what_the_cdk_adds_is_left_out(tmp_path: Path) -> None:
    def role(path: str) -> dict[str, object]:
        return {"Type": "AWS::Lambda::Function", "Metadata": {"aws:cdk:path": path}}

    paths = {
        "Own": "Shop/Orders/Resource",
        "Emptier": "Shop/Custom::S3AutoDeleteObjectsCustomResourceProvider/Handler",
        "Retention": "Shop/LogRetentionaae0aa3c5b4d4f87b02d85b201efdd8a/Resource",
        "Events": "Shop/Provider/framework-onEvent/Resource",
    }
    text = json.dumps({"Resources": {name: role(path) for name, path in paths.items()}})
    made = stack_from(tmp_path, text, "cdk.out/Shop.template.json")
    assert [r.name for r in made.of("AWS::Lambda::Function")] == ["Own"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("MasterUserPassword: tea-4471-harbour", ["MasterUserPassword"]),
        ("MasterUserPassword: !Ref Given", []),
        ("MasterUserPassword: '{{resolve:ssm-secure:/db/password:1}}'", []),
        ("MasterUserPassword: !Sub '{{resolve:secretsmanager:${Given}:SecretString:password}}'", []),
        ("Url: !Sub 'postgres://a:tea-4471@${Given}/x'", ["Url"]),
        ("Url: !Sub 'postgres://a:${Given}@db/x'", []),
        ("Url: 'postgres://a:{{resolve:ssm:/db}}@db/x'", []),
        ("Environment: [{Name: JWT_SECRET, Value: vk3JqT9s2LwZ}]", ["JWT_SECRET"]),
        ("Environment: [{Name: JWT_SECRET, ValueFrom: arn:aws:ssm:x}]", []),
        ("{'Fn::Sub': 'x'}", []),
        ("MinimumPasswordLength: 12", []),
        ("Password: !If [HasPassword, tea-4471-harbour, !Ref Given]", ["Password"]),
        ("Password: !If [HasPassword, !Ref Given, !Ref AWS::NoValue]", []),
        ("Password: {'Fn::Sub': 'tea-4471-harbour'}", ["Password"]),
        ("Password: !Join ['', [tea, !Ref Given]]", []),
    ],
)
def test_credentials_by_their_names(tmp_path: Path, text: str, names: list[str]) -> None:
    body = f"Resources:\n  A:\n    Type: AWS::X::Y\n    Properties:\n      {text}\n"
    template = "Parameters: {Given: {Type: String}}\n" + body
    assert [f.name for f in facts_of(tmp_path, template) if isinstance(f, Secret)] == names


def test_no_secret_is_kept(tmp_path: Path) -> None:
    text = "Resources:\n  A:\n    Type: AWS::X::Y\n    Properties: {Password: tea-4471-harbour}\n"
    assert "tea-4471" not in repr(facts_of(tmp_path, text))


@pytest.mark.parametrize("text", ["a: 1\n", "Resources: []\n", "Resources: {}\n", "[]", "{}", "", "AWS::X"])
def test_what_is_no_template_gives_nothing(tmp_path: Path, text: str) -> None:
    assert facts_of(tmp_path, text) == []


def test_files_are_recognised_by_what_they_hold() -> None:
    def names(path: str, text: str) -> list[str]:
        return [t.name for t in recognised(named_like(path), text)]

    assert names("a.yaml", "AWSTemplateFormatVersion: 2010-09-09\n") == ["cloudformation"]
    assert names("a.json", '{"Resources": {"A": {"Type": "AWS::S3::Bucket"}}}') == ["cloudformation"]
    assert names("a.template", "Resources:\n  A:\n    Type: AWS::S3::Bucket\n") == ["cloudformation"]
    assert "cloudformation" not in names("a.yaml", "kind: Bucket\nType: aws\n")


def test_yaml_is_written_as_people_write_it() -> None:
    value = {"A": {"Fn::GetAtt": "B.Arn"}, "C": [{"D": "*"}, "e"], "F": {"G": ["x"]}, "H": {}}
    text = 'A: !GetAtt B.Arn\nC:\n  - D: "*"\n  - e\nF:\n  G: [x]\nH: {}'
    assert yaml_source(value) == text


def test_a_place_leads_back_to_its_path(tmp_path: Path) -> None:
    text = DECLARED + "!If [Yes, {a: !Ref Word}, b]\n"
    made = stack_from(tmp_path, text)
    template = made.template
    start = text.rindex("!Ref Word")
    span = type(template.root.span)(start, start + len("!Ref Word"))
    assert path_to(template, span) == ("Resources", "Result", "Properties", "Value", 1, "a")


BUCKET = "Resources:\n  A:\n    Type: AWS::S3::Bucket\n"


@pytest.mark.parametrize(
    "text", [BUCKET, BUCKET.replace("\n", "\r\n"), json.dumps(yaml.parse(BUCKET).plain(), indent=2)]
)
@pytest.mark.parametrize("feature", [Switch.VERSIONING, Switch.TLS_ONLY])
def test_a_fix_twice_is_a_fix_once(tmp_path: Path, text: str, feature: Switch) -> None:
    once = fixed(tmp_path, text, feature)
    assert once != text and ("\r\n" in once) == ("\r\n" in text)
    assert fixed(tmp_path, once, feature) == once


def fixed(tmp_path: Path, text: str, feature: Switch) -> str:
    workspace, unit = Workspace(tmp_path, {"t.yaml": text}), Unit("cloudformation", ("t.yaml",))
    (bucket,) = [f for f in adapter.read(unit, workspace) if isinstance(f, Bucket)]
    setting = bucket.versioning if feature is Switch.VERSIONING else bucket.tls_only
    if setting.effective is True:
        return text
    fix = adapter.write(unit, workspace, TurnOn(feature), setting.at)
    assert isinstance(fix, Fix)
    return apply(text, fix.edits)


WORDS = st.sampled_from(
    ["A", "B", "x", "AWS::NoValue", "AWS::Region", "A.Arn", "${A}", "${B.Arn}/*", "", "0"]
)
NAMES = st.sampled_from(
    ["Ref", "Condition", "Fn::Sub", "Fn::If", "Fn::Join", "Fn::GetAtt", "Fn::Select", "Fn::Split", "Fn::Equals",
     "Fn::And", "Fn::Or", "Fn::Not", "Fn::FindInMap", "Fn::Base64", "Fn::Transform", "Fn::Length",
     "Fn::ForEach::A", "Password", "Statement", "Type", "Properties", "PolicyDocument", "Bucket", "Events"]
)  # fmt: skip
SOUP = st.recursive(
    WORDS | st.booleans() | st.none() | st.integers(-2, 3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=25,
)
TYPES = st.sampled_from(
    ["AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::Serverless::Function", "AWS::Serverless::Api",
     "AWS::CloudFormation::Stack", "AWS::EC2::SecurityGroup", "AWS::IAM::Role", "AWS::RDS::DBInstance"]
)  # fmt: skip


@given(TYPES, SOUP, TYPES, SOUP, SOUP, SOUP)
def test_any_soup_of_functions_is_read(
    one: str, properties: object, two: str, more: object, condition: object, globals_: object
) -> None:
    text = json.dumps(
        {
            "Transform": "AWS::Serverless-2016-10-31",
            "Globals": {"Function": globals_, "Api": globals_},
            "Conditions": {"A": condition, "B": {"Condition": "A"}},
            "Mappings": {"A": more},
            "Resources": {
                "A": {"Type": one, "Properties": properties, "Condition": "A"},
                "B": {"Type": two, "Properties": more},
            },
        }
    )
    for fact in facts_of(Path("/nowhere"), text, "t.json"):
        assert isinstance(fact, Fact)


@given(st.text(max_size=200))
def test_any_text_is_read_or_a_problem(text: str) -> None:
    try:
        found = facts_of(Path("/nowhere"), f"Resources:\n  A:\n    Type: AWS::S3::Bucket\n{text}")
    except SyntaxProblem:
        return
    assert all(isinstance(fact, (Fact, Problem)) for fact in found)


def test_an_alias_bomb_is_a_problem(tmp_path: Path) -> None:
    lines = [f"  x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]" for n in range(1, 9)]
    text = "\n".join([BUCKET + "    Properties: &x0 {a: 1}", "Metadata:", *lines])
    with pytest.raises(SyntaxProblem, match="alias"):
        facts_of(tmp_path, text)


def test_deep_functions_end(tmp_path: Path) -> None:
    deep = "!Not [" * 120 + "!Condition Deep" + "]" * 120
    text = f"Conditions:\n  Deep: {deep}\n{BUCKET}    Condition: Deep\n"
    assert stack_from(tmp_path, text).get("A") is not None
    nested = "{'Fn::Base64': " * 120 + "x" + "}" * 120
    text = f"Resources:\n  A:\n    Type: AWS::X::Y\n    Properties:\n      P: {nested}\n"
    made = stack_from(tmp_path, text).get("A")
    assert made is not None and made.value("P").value is UNKNOWN


def test_an_evaluator_forgets_nothing_of_a_parent(tmp_path: Path) -> None:
    template = load(Workspace(tmp_path, {"t.yaml": DECLARED + "x\n"}), "t.yaml")
    assert template is not None
    assert Evaluator(template, given={"Given": "z"}).named("Given") == "z"
    assert Evaluator(template, firm=True).named("Word") is UNKNOWN


@needs("cfn-lint", cfn_lint())
def test_the_vendors_linter_is_asked(tmp_path: Path) -> None:
    unit = Unit("cloudformation", ("t.yaml",))
    assert validate(unit, Workspace(tmp_path, {"t.yaml": BUCKET})) is True
    wrong = BUCKET + "    Properties: {VersioningConfiguration: {Status: Perhaps}}\n"
    problem = validate(unit, Workspace(tmp_path, {"t.yaml": wrong}))
    assert isinstance(problem, Problem) and "Perhaps" in problem.message and problem.line == 4


def mended(tmp_path: Path, text: str, slug: str) -> str:
    """What the fixes of one control make of a template."""
    result = review(Workspace(tmp_path, {"template.yaml": text}), Policy())
    assert result.problems == []
    fixes = [f.fix for f in result.findings if f.control == slug]
    return apply(text, [edit for fix in fixes if fix is not None for edit in fix.edits])


def test_a_fix_goes_into_the_branch_that_counts(tmp_path: Path) -> None:
    text = """\
Parameters: {Blocked: {Type: String, Default: "yes"}}
Conditions:
  IsBlocked: !Equals [!Ref Blocked, "yes"]
Resources:
  A:
    Type: AWS::S3::Bucket
    Properties:
      PublicAccessBlockConfiguration: !If
        - IsBlocked
        - BlockPublicAcls: true
          BlockPublicPolicy: true
          IgnorePublicAcls: true
        - !Ref AWS::NoValue
"""
    wanted = text.replace(
        "          IgnorePublicAcls: true\n",
        "          IgnorePublicAcls: true\n          RestrictPublicBuckets: true\n",
    )
    assert mended(tmp_path, text, "bucket-private") == wanted


def test_what_a_mapping_gives_is_not_edited_there(tmp_path: Path) -> None:
    text = """\
Mappings: {Flags: {all: {Block: {BlockPublicAcls: false}}}}
Resources:
  A:
    Type: AWS::S3::Bucket
    Properties:
      PublicAccessBlockConfiguration: !FindInMap [Flags, all, Block]
"""
    assert mended(tmp_path, text, "bucket-private") == text


def test_what_an_anchor_shares_is_left_alone(tmp_path: Path) -> None:
    text = """\
Resources:
  A:
    Type: AWS::S3::Bucket
    Properties: &shared
      VersioningConfiguration: {Status: Suspended}
  B:
    Type: AWS::S3::Bucket
    Properties: *shared
"""
    assert "*shared" in mended(tmp_path, text, "bucket-recoverable")


def test_a_policy_is_made_under_the_condition_of_its_bucket(tmp_path: Path) -> None:
    text = "Conditions: {Here: !Equals [a, a]}\n" + BUCKET + "    Condition: Here\n"
    made = yaml.parse(mended(tmp_path, text, "bucket-tls-only")).plain()
    assert isinstance(made, dict) and isinstance(made["Resources"], dict)
    policy = made["Resources"]["ATlsOnly"]
    assert isinstance(policy, dict) and policy["Condition"] == "Here"


def test_a_name_that_is_taken_is_not_taken_again(tmp_path: Path) -> None:
    text = BUCKET + "  ATlsOnly:\n    Type: AWS::SNS::Topic\n"
    assert mended(tmp_path, text, "bucket-tls-only") == text


def test_words_of_sam_keep_their_quotes(tmp_path: Path) -> None:
    text = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Shop:
    Type: AWS::Serverless::Api
    Properties:
      StageName: v1
      Cors: "'*'"
"""
    workspace = Workspace(tmp_path, {"template.yaml": text})
    two = Policy(origins=("https://a.example.com", "https://b.example.com"))
    found = [f for f in review(workspace, two).findings if f.control == "cors-origin-listed"]
    assert [f.fix for f in found] == [None]
    one = Policy(origins=("https://a.example.com",))
    (finding,) = [f for f in review(workspace, one).findings if f.control == "cors-origin-listed"]
    assert finding.fix is not None
    assert "Cors: \"'https://a.example.com'\"" in apply(text, finding.fix.edits)


def test_a_task_on_fargate_has_no_options_of_docker(tmp_path: Path) -> None:
    def task(rest: str) -> Workload:
        text = (
            "Parameters: {Kinds: {Type: CommaDelimitedList}}\nResources:\n  T:\n"
            "    Type: AWS::ECS::TaskDefinition\n    Properties:\n      PidMode: host\n"
            "      ContainerDefinitions: [{Name: a, Image: python:3.13}]\n" + rest
        )
        return next(f for f in facts_of(tmp_path, text) if isinstance(f, Workload))

    on_instances = task("")
    assert on_instances.no_new_privileges is not None and len(on_instances.host_namespaces) == 1
    for rest in ("      RequiresCompatibilities: [FARGATE]\n", "      RequiresCompatibilities: !Ref Kinds\n"):
        assert task(rest).no_new_privileges is None and task(rest).host_namespaces == ()


def test_resources_alone_are_a_template(tmp_path: Path) -> None:
    text = "Jobs:\n  Type: AWS::SQS::Queue\nImages:\n  Type: AWS::S3::Bucket\n  Properties:\n    AccessControl: PublicRead\n"
    (bucket,) = (fact for fact in facts_of(tmp_path, text, "images.yaml") if isinstance(fact, Bucket))
    assert bucket.name == "Images" and bucket.acl.value == "public-read"
    assert bucket.statements.value is UNKNOWN  # what includes it may have a policy


@pytest.mark.parametrize("text", ["a: {Type: 'AWS::S3::Bucket'}\nb: {Type: other}\n", "a: 1\n", "[]\n"])
def test_other_documents_are_no_templates(tmp_path: Path, text: str) -> None:
    assert load(Workspace(tmp_path, {"a.yaml": text}), "a.yaml") is None


def test_an_instance_of_a_cluster_has_its_cluster_s_logs(tmp_path: Path) -> None:
    text = "Resources:\n  A:\n    Type: AWS::RDS::DBInstance\n    Properties: {DBClusterIdentifier: shop, StorageEncrypted: true}\n"
    found = review(Workspace(tmp_path, {"template.yaml": text}), Policy())
    assert [finding.message for finding in found.findings] == []
