import json
import os

import boto3

table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def owner(event):
    return event["requestContext"]["authorizer"]["claims"]["sub"]


def list_items(event, context):
    found = table.query(KeyConditionExpression="#o = :o", ExpressionAttributeNames={"#o": "owner"}, ExpressionAttributeValues={":o": owner(event)})
    return {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "*"}, "body": json.dumps(found["Items"])}


def put_item(event, context):
    item = json.loads(event["body"])
    item["owner"] = owner(event)
    table.put_item(Item=item)
    return {"statusCode": 201, "headers": {"Access-Control-Allow-Origin": "*"}, "body": json.dumps(item)}


def shared(event, context):
    return {"statusCode": 404, "body": "{}"}
