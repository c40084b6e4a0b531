"""Makes on this machine what template.yaml makes at Amazon's: the table and the bucket.

The table's keys and the bucket's rules are read from the template, so that what is tested is what is deployed. The services' addresses
and any credentials come from the environment, as for every program that uses boto3. What follows on the command
line are parameters for Systems Manager and secrets for Secrets Manager: `ssm:/name=value`,
`secretsmanager:name=value`.
"""

import os
import sys
import urllib.request

import boto3
import yaml


class Template(yaml.SafeLoader):
    """CloudFormation's YAML, its functions (`!Ref`, `!Sub`) taken for what stands behind them."""


def function(loader, _tag, node):
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node)
    return loader.construct_mapping(node)


Template.add_multi_constructor("!", function)


def main(template, table, bucket, *values):
    remember()
    with open(template) as file:
        resources = yaml.load(file, Template)["Resources"]
    properties = resources["Table"]["Properties"]
    dynamodb = boto3.client("dynamodb")
    if table not in dynamodb.list_tables()["TableNames"]:
        dynamodb.create_table(
            TableName=table,
            **{name: properties[name] for name in ("AttributeDefinitions", "KeySchema", "BillingMode")},
        )
        dynamodb.update_time_to_live(
            TableName=table, TimeToLiveSpecification=properties["TimeToLiveSpecification"]
        )
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=bucket)
    rules = resources["Bucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": [lifecycle(rule) for rule in rules]}
    )
    for value in values:
        reference, _, text = value.partition("=")
        service, _, name = reference.partition(":")
        if service == "ssm":
            boto3.client("ssm").put_parameter(Name=name, Value=text, Type="SecureString", Overwrite=True)
        else:
            put_secret(boto3.client("secretsmanager"), name, text)


def lifecycle(rule):
    """A rule of CloudFormation's, as S3's own API has it."""
    return {
        "ID": rule["Id"],
        "Status": rule["Status"],
        "Filter": {"Prefix": rule.get("Prefix", "")},
        "Expiration": {"Days": rule["ExpirationInDays"]},
        "AbortIncompleteMultipartUpload": rule["AbortIncompleteMultipartUpload"],
    }


def put_secret(secrets, name, text):
    try:
        secrets.create_secret(Name=name, SecretString=text)
    except secrets.exceptions.ResourceExistsException:
        secrets.put_secret_value(SecretId=name, SecretString=text)


def remember():
    """moto has in memory what it was asked to keep; it is asked the same again where it wrote that down."""
    recording = os.environ.get("MOTO_RECORDER_FILEPATH")
    if recording and os.path.exists(recording):
        url = os.environ["AWS_ENDPOINT_URL"] + "/moto-api/recorder/replay-recording"
        urllib.request.urlopen(urllib.request.Request(url, method="POST")).close()


main(*sys.argv[1:])
