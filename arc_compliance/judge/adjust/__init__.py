"""What is made of a judge's judgement before it stands."""
