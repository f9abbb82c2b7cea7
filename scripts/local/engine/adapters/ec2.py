"""aws:ec2: the network, and the template that instances are made from."""

import base64
from typing import Any

from scripts.local import ACCOUNT
from scripts.local.engine.errors import EngineError
from scripts.local.engine.registry import Created, answers, creates
from scripts.local.engine.resource import Request, Resource, tag_list

ROOT_DEVICE = "/dev/xvda"


def tagged(resource: Resource, kind: str) -> dict[str, Any]:
    """Take the tags and return them as the argument by which EC2 tags what it creates."""
    tags = tag_list(resource.take_tags())
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": tags}]} if tags else {}


@creates("aws:ec2/vpc:Vpc")
def vpc(resource: Resource) -> Created:
    """Create a VPC; outputs what AWS puts into it by itself."""
    tags = tagged(resource, "vpc")
    attributes = resource.take_all("enableDnsSupport", "enableDnsHostnames")
    created = resource.send("ec2", "create_vpc", resource.rest(), **tags)["Vpc"]
    vpc_id = created["VpcId"]
    for name, value in attributes.items():
        setting = {name[0].upper() + name[1:]: {"Value": value}}
        resource.call("ec2", "modify_vpc_attribute", VpcId=vpc_id, **setting)
    mine = [{"Name": "vpc-id", "Values": [vpc_id]}]
    table = resource.call("ec2", "describe_route_tables", Filters=mine)["RouteTables"][0]
    acl = resource.call("ec2", "describe_network_acls", Filters=mine)["NetworkAcls"][0]
    group = resource.call("ec2", "describe_security_groups", Filters=mine)["SecurityGroups"][0]
    return vpc_id, {
        "arn": resource.arn("ec2", f"vpc/{vpc_id}"),
        "ownerId": created["OwnerId"],
        "mainRouteTableId": table["RouteTableId"],
        "defaultRouteTableId": table["RouteTableId"],
        "defaultNetworkAclId": acl["NetworkAclId"],
        "defaultSecurityGroupId": group["GroupId"],
    }


@creates("aws:ec2/subnet:Subnet")
def subnet(resource: Resource) -> Created:
    """Create a subnet."""
    tags = tagged(resource, "subnet")
    public = resource.take("mapPublicIpOnLaunch", default=False)
    created = resource.send("ec2", "create_subnet", resource.rest(), **tags)["Subnet"]
    subnet_id = created["SubnetId"]
    if public:
        setting = {"Value": True}
        resource.call("ec2", "modify_subnet_attribute", SubnetId=subnet_id, MapPublicIpOnLaunch=setting)
    return subnet_id, {
        "arn": created["SubnetArn"],
        "availabilityZone": created["AvailabilityZone"],
        "availabilityZoneId": created["AvailabilityZoneId"],
        "ownerId": created["OwnerId"],
    }


@creates("aws:ec2/internetGateway:InternetGateway")
def internet_gateway(resource: Resource) -> Created:
    """Create an internet gateway and attach it to its VPC."""
    tags = tagged(resource, "internet-gateway")
    vpc_id = resource.take("vpcId")
    created = resource.call("ec2", "create_internet_gateway", **tags)["InternetGateway"]
    gateway_id = created["InternetGatewayId"]
    if vpc_id:
        resource.call("ec2", "attach_internet_gateway", InternetGatewayId=gateway_id, VpcId=vpc_id)
    return gateway_id, {"arn": resource.arn("ec2", f"internet-gateway/{gateway_id}")}


@creates("aws:ec2/eip:Eip")
def eip(resource: Resource) -> Created:
    """Allocate an address."""
    tags = tagged(resource, "elastic-ip")
    created = resource.send("ec2", "allocate_address", resource.rest(), **tags)
    allocation = created["AllocationId"]
    return allocation, {
        "allocationId": allocation,
        "publicIp": created["PublicIp"],
        "arn": resource.arn("ec2", f"elastic-ip/{allocation}"),
    }


@creates("aws:ec2/eipAssociation:EipAssociation")
def eip_association(resource: Resource) -> Created:
    """Give an address to an instance."""
    association = resource.send("ec2", "associate_address", resource.rest())
    return association["AssociationId"], {}


@creates("aws:ec2/natGateway:NatGateway")
def nat_gateway(resource: Resource) -> Created:
    """Create a NAT gateway."""
    tags = tagged(resource, "natgateway")
    values = {"connectivityType": "public", **resource.rest()}
    created = resource.send("ec2", "create_nat_gateway", values, **tags)["NatGateway"]
    addresses = created.get("NatGatewayAddresses") or [{}]
    return created["NatGatewayId"], {"publicIp": addresses[0].get("PublicIp")}


@creates("aws:ec2/routeTable:RouteTable")
def route_table(resource: Resource) -> Created:
    """Create a route table; its routes are resources of their own."""
    tags = tagged(resource, "route-table")
    created = resource.send("ec2", "create_route_table", resource.rest(), **tags)["RouteTable"]
    table_id = created["RouteTableId"]
    return table_id, {"arn": resource.arn("ec2", f"route-table/{table_id}")}


@creates("aws:ec2/route:Route")
def route(resource: Resource) -> Created:
    """Add a route to a table."""
    values = resource.rest()
    resource.send("ec2", "create_route", values)
    destination = values.get("destinationCidrBlock") or values.get("destinationIpv6CidrBlock")
    return f"r-{values['routeTableId']}-{destination}", {"state": "active"}


@creates("aws:ec2/routeTableAssociation:RouteTableAssociation")
def route_table_association(resource: Resource) -> Created:
    """Associate a subnet with a route table."""
    association = resource.send("ec2", "associate_route_table", resource.rest())
    return association["AssociationId"], {}


@creates("aws:ec2/vpcPeeringConnection:VpcPeeringConnection")
def vpc_peering_connection(resource: Resource) -> Created:
    """Ask another VPC for a connection."""
    resource.without_effect("autoAccept")  # in another region, the other side accepts
    tags = tagged(resource, "vpc-peering-connection")
    created = resource.send("ec2", "create_vpc_peering_connection", resource.rest(), **tags)
    connection = created["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    return connection, {"acceptStatus": "pending-acceptance"}


@creates("aws:ec2/vpcPeeringConnectionAccepter:VpcPeeringConnectionAccepter")
def vpc_peering_connection_accepter(resource: Resource) -> Created:
    """Accept a connection that a VPC of another region asked for."""
    resource.without_effect("autoAccept")
    tags = tag_list(resource.take_tags())
    connection = resource.take("vpcPeeringConnectionId")
    accepted = resource.call("ec2", "accept_vpc_peering_connection", VpcPeeringConnectionId=connection)
    if tags:
        resource.call("ec2", "create_tags", Resources=[connection], Tags=tags)
    return connection, {"acceptStatus": accepted["VpcPeeringConnection"]["Status"]["Code"]}


@creates("aws:ec2/vpcEndpoint:VpcEndpoint")
def vpc_endpoint(resource: Resource) -> Created:
    """Create an endpoint of a service in a VPC."""
    tags = tagged(resource, "vpc-endpoint")
    names = {"policy": "PolicyDocument"}
    values = {"privateDnsEnabled": False, **resource.rest()}
    created = resource.send("ec2", "create_vpc_endpoint", values, names, **tags)["VpcEndpoint"]
    endpoint = created["VpcEndpointId"]
    return endpoint, {"arn": resource.arn("ec2", f"vpc-endpoint/{endpoint}"), "state": created["State"]}


@creates("aws:ec2/securityGroup:SecurityGroup")
def security_group(resource: Resource) -> Created:
    """Create a security group without any rule: the provider takes AWS's own egress rule away."""
    resource.without_effect("revokeRulesOnDelete")
    tags = tagged(resource, "security-group")
    name = resource.take_name()
    description = resource.take("description", "Managed by Pulumi")
    group = resource.send(
        "ec2", "create_security_group", resource.rest(), GroupName=name, Description=description, **tags
    )["GroupId"]
    everywhere = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    resource.call("ec2", "revoke_security_group_egress", GroupId=group, IpPermissions=everywhere)
    return group, {"name": name, "arn": resource.arn("ec2", f"security-group/{group}")}


@creates("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
def default_security_group(resource: Resource) -> Created:
    """Take every rule away from the security group that AWS made with a VPC."""
    tags = tag_list(resource.take_tags())
    mine = [
        {"Name": "vpc-id", "Values": [resource.take("vpcId")]},
        {"Name": "group-name", "Values": ["default"]},
    ]
    found = resource.call("ec2", "describe_security_groups", Filters=mine)["SecurityGroups"][0]
    group = found["GroupId"]
    for direction, key in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
        if rules := found[key]:
            resource.call("ec2", f"revoke_security_group_{direction}", GroupId=group, IpPermissions=rules)
    if tags:
        resource.call("ec2", "create_tags", Resources=[group], Tags=tags)
    return group, {"name": "default", "arn": resource.arn("ec2", f"security-group/{group}")}


@creates("aws:ec2/flowLog:FlowLog")
def flow_log(resource: Resource) -> Created:
    """Log the connections of a VPC."""
    tags = tagged(resource, "vpc-flow-log")
    vpc_id = resource.take("vpcId")
    created = resource.send(
        "ec2",
        "create_flow_logs",
        resource.rest(),
        {"iamRoleArn": "DeliverLogsPermissionArn"},
        ResourceIds=[vpc_id],
        ResourceType="VPC",
        **tags,
    )
    for failure in created.get("Unsuccessful", []):
        raise EngineError(f"{resource}: {failure['Error']['Message']}")
    flow_log_id = created["FlowLogIds"][0]
    return flow_log_id, {"arn": resource.arn("ec2", f"vpc-flow-log/{flow_log_id}")}


@creates("aws:ec2/instance:Instance")
def instance(resource: Resource) -> Created:
    """Launch one instance."""
    resource.without_effect("userDataReplaceOnChange")
    tags = tagged(resource, "instance")
    forwards = not resource.take("sourceDestCheck", default=True)
    root = {"deviceName": ROOT_DEVICE, "ebs": resource.take("rootBlockDevice", {})}
    profile = {"IamInstanceProfile": {"Name": resource.take("iamInstanceProfile")}}
    # Sent as text: botocore encodes user data by itself here.
    data = base64.b64decode(resource.take("userDataBase64", "")).decode()
    created = resource.send(
        "ec2",
        "run_instances",
        {"imageId": resource.take("ami"), "blockDeviceMappings": [root], **resource.rest()},
        {"vpcSecurityGroupIds": "SecurityGroupIds"},
        MinCount=1,
        MaxCount=1,
        UserData=data,
        **(profile if profile["IamInstanceProfile"]["Name"] else {}),
        **tags,
    )["Instances"][0]
    instance_id = created["InstanceId"]
    if forwards:
        unchecked = {"Value": False}
        resource.call("ec2", "modify_instance_attribute", InstanceId=instance_id, SourceDestCheck=unchecked)
    return instance_id, {
        "arn": resource.arn("ec2", f"instance/{instance_id}"),
        "primaryNetworkInterfaceId": created["NetworkInterfaces"][0]["NetworkInterfaceId"],
        "privateIp": created["PrivateIpAddress"],
    }


@creates("aws:ec2/launchTemplate:LaunchTemplate")
def launch_template(resource: Resource) -> Created:
    """Create a launch template; its first version is the default one."""
    resource.without_effect("updateDefaultVersion")
    tags = tagged(resource, "launch-template")
    name = resource.take_name(limit=128)
    described = {"versionDescription": resource.take("description")}
    created = resource.send(
        "ec2",
        "create_launch_template",
        {"launchTemplateName": name, "launchTemplateData": resource.rest(), **described},
        {"vpcSecurityGroupIds": "SecurityGroupIds", "securityGroups": "Groups"},
        **tags,
    )["LaunchTemplate"]
    template = created["LaunchTemplateId"]
    return template, {
        "name": name,
        "arn": resource.arn("ec2", f"launch-template/{template}"),
        "latestVersion": created["LatestVersionNumber"],
        "defaultVersion": created["DefaultVersionNumber"],
    }


@answers("aws:ec2/getManagedPrefixList:getManagedPrefixList")
def managed_prefix_list(request: Request) -> dict[str, Any]:
    """Return the managed prefix list of a name."""
    named = [{"Name": "prefix-list-name", "Values": [request.take("name")]}]
    found = request.call("ec2", "describe_managed_prefix_lists", Filters=named)["PrefixLists"][0]
    return {
        "id": found["PrefixListId"],
        "name": found["PrefixListName"],
        "arn": found["PrefixListArn"],
        "addressFamily": found["AddressFamily"],
        "ownerId": found["OwnerId"],
    }


@answers("aws:ec2/getSubnets:getSubnets")
def subnets(request: Request) -> dict[str, Any]:
    """Return the subnets that fit filters."""
    filters = {"filters": request.take("filters", [])}
    found = request.send("ec2", "describe_subnets", filters)["Subnets"]
    return {"id": request.region, "ids": sorted(each["SubnetId"] for each in found)}


@answers("aws:ec2/getSecurityGroup:getSecurityGroup")
def find_security_group(request: Request) -> dict[str, Any]:
    """Return the security group of a name in a VPC."""
    mine = [
        {"Name": "vpc-id", "Values": [request.take("vpcId")]},
        {"Name": "group-name", "Values": [request.take("name")]},
    ]
    found = request.call("ec2", "describe_security_groups", Filters=mine)["SecurityGroups"][0]
    group = found["GroupId"]
    return {"id": group, "arn": f"arn:aws:ec2:{request.region}:{ACCOUNT}:security-group/{group}"}
