/** The one importer of the X-Ray SDK. Manual mode (AWS_XRAY_MANUAL_MODE=1, set by Terraform): its automatic mode hooks every promise. */
import AWSXRay from 'aws-xray-sdk-core';

export const { Segment } = AWSXRay;
